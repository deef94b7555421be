import { formKey, getForm, keepListed, missingFiles, putForm } from '../store/forms.js'
import { changeIdentity } from '../store/identities.js'
import { NotAdmitted, Unreachable } from './server.js'
import { HELD_ELSEWHERE, withLock } from './locks.js'

/**
 * Bring the forms of a person up to date: what is listed is fetched with its files, by hash; what is listed no longer
 * goes, unless an interview of it is unsent. Tells {fetched, stopped, failed: [{title, reason}]}.
 */
export async function refreshForms({ db, identity, server, locks, now = Date.now }) {
  const refresh = async () => {
    try {
      return await fetchAll({ db, identity, server, now })
    } catch (error) {
      if (error instanceof NotAdmitted) {
        await changeIdentity(db, identity.id, { state: 'revoked' })
        return { fetched: 0, failed: [], stopped: 'admission' }
      }
      if (error instanceof Unreachable) return { fetched: 0, failed: [], stopped: error.reason }
      throw error
    }
  }
  const result = await withLock(db, 'forms', refresh, locks)
  return result === HELD_ELSEWHERE ? { fetched: 0, failed: [], stopped: 'elsewhere' } : result
}

async function fetchAll({ db, identity, server, now }) {
  const listed = await server.formList()
  const failed = []
  let fetched = 0
  for (const entry of listed) {
    try {
      if (await fetchForm({ db, identity, server, entry, now })) fetched += 1
    } catch (error) {
      if (error instanceof NotAdmitted || error instanceof Unreachable) throw error
      // One form that cannot be had must not keep the others from the phone.
      failed.push({ title: entry.title, reason: error.message })
    }
  }
  await keepListed(db, identity.id, new Set(listed.map((entry) => formKey(identity.id, entry))), now())
  await changeIdentity(db, identity.id, { state: 'ok', refreshedAt: now(), limit: server.limit() })
  return { fetched, failed, stopped: null }
}

/** Fetch a form version, and what its manifest names, unless it is here; whether anything was fetched. */
export async function fetchForm({ db, identity, server, entry, listed = true, now = Date.now }) {
  const key = formKey(identity.id, entry)
  const media = entry.manifestPath ? await server.manifest(entry.manifestPath) : []
  const known = await getForm(db, key)
  if (known && sameMedia(known.media, media)) return false
  const missing = new Set(await missingFiles(db, [entry.hash, ...media.map((one) => one.hash)]))
  const files = new Map()
  for (const { hash, path } of [entry, ...media]) {
    if (missing.has(hash) && !files.has(hash)) files.set(hash, await server.download(path))
  }
  const types = media.map(({ hash, name }) => ({ name, hash, type: files.get(hash)?.type || typeOf(known, hash) }))
  const { formId, version, title, hash } = entry
  const form = { key, identity: identity.id, formId, version, title, hash, media: types, listed: known?.listed ?? listed, fetchedAt: now() }
  await putForm(db, form, files)
  return true
}

const typeOf = (known, hash) => known?.media.find((one) => one.hash === hash)?.type ?? ''

const sameMedia = (known, listed) =>
  known.length === listed.length && listed.every(({ name, hash }) => known.some((one) => one.name === name && one.hash === hash))
