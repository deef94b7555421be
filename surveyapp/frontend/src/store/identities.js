import { makeId } from './database.js'

// An identity: {id, token, name, project, state: 'ok' | 'revoked', pin, addedAt, limit (bytes that its server
// takes in one request)}. Its drafts and its queue are bound to
// `id`, not to the token: a new token for the same person finds them again.

/** Everybody who fills on this phone, by name. */
export async function listIdentities(db) {
  const found = await db.getAll('identities')
  return found.sort((a, b) => a.name.localeCompare(b.name))
}

/** One of them, or undefined. */
export const getIdentity = (db, id) => db.get('identities', id)

/**
 * Let a person in. A token that is known already only loses its PIN: who has the link has more than the PIN. With
 * `replaces`, the identity of that id gets the new token and keeps its drafts and its queue.
 */
export async function enrol(db, { token, name, project, replaces, now = Date.now() }) {
  const transaction = db.transaction('identities', 'readwrite')
  const all = await transaction.store.getAll()
  const known = all.find((one) => one.id === replaces) ?? all.find((one) => one.token === token)
  const identity = {
    ...(known ?? { id: makeId(), addedAt: now }),
    token,
    name,
    project,
    state: 'ok',
    pin: null,
  }
  await transaction.store.put(identity)
  await transaction.done
  return identity
}

/** Change some members of an identity; undefined where it is gone. */
export async function changeIdentity(db, id, change) {
  const transaction = db.transaction('identities', 'readwrite')
  const identity = await transaction.store.get(id)
  if (!identity) return undefined
  const changed = { ...identity, ...change }
  await transaction.store.put(changed)
  await transaction.done
  return changed
}

/** Forget a person with all that is kept for them. The caller has asked, and twice where something is unsent. */
export async function deleteIdentity(db, id) {
  const transaction = db.transaction(['identities', 'forms', 'records', 'blobs'], 'readwrite')
  for (const key of await transaction.objectStore('records').index('identity').getAllKeys(id)) {
    transaction.objectStore('records').delete(key)
    transaction.objectStore('blobs').delete(IDBKeyRange.bound([key], [key, []]))
  }
  for (const key of await transaction.objectStore('forms').index('identity').getAllKeys(id)) {
    transaction.objectStore('forms').delete(key)
  }
  transaction.objectStore('identities').delete(id)
  await transaction.done
}
