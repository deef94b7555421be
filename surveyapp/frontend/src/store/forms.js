import { DURABLE } from './database.js'

// A form version on this phone: {key, identity, formId, version, title, hash, media: [{name, hash, type}], listed, unlistedAt, fetchedAt}.
// It is written when all its files are here, never before: a form in the list can be filled. `unlistedAt` is when the server ceased to list it, 0 or
// absent while it does.

/** The key of a form version; other bytes under the same version (a draft published again) are another one. */
export const formKey = (identity, { formId, version, hash }) => JSON.stringify([identity, formId, version, hash])

/** What this phone holds for a person, listed by the server or not, by title. */
export async function listForms(db, identity) {
  const found = await db.getAllFromIndex('forms', 'identity', identity)
  return found.sort((a, b) => a.title.localeCompare(b.title))
}

/** Which of these hashes are not here yet. */
export async function missingFiles(db, hashes) {
  const here = new Set(await db.getAllKeys('files'))
  return [...new Set(hashes)].filter((hash) => !here.has(hash))
}

/** Keep a form version together with the files that it brought: a map from hash to Blob. */
export async function putForm(db, form, files) {
  const bytes = await Promise.all([...files].map(async ([hash, blob]) => [hash, await blob.arrayBuffer()]))
  const transaction = db.transaction(['forms', 'files'], 'readwrite', DURABLE)
  for (const [hash, content] of bytes) transaction.objectStore('files').put(content, hash)
  transaction.objectStore('forms').put(form)
  await transaction.done
}

/** One form version, or undefined. */
export const getForm = (db, key) => db.get('forms', key)

/** Its XForm as text. */
export async function readXForm(db, form) {
  const content = await db.get('files', form.hash)
  if (!content) throw new Error('the form cannot be read back')
  return new Blob([content]).text()
}

/** A reader of its media by name, as openForm wants it: a Response, 404 where the form has no such file. */
export function mediaReader(db, form) {
  return async (name) => {
    const entry = form.media.find((one) => one.name === name)
    const content = entry && (await db.get('files', entry.hash))
    if (!content) return new Response('', { status: 404 })
    return new Response(content, { headers: { 'Content-Type': entry.type || 'application/octet-stream' } })
  }
}

// Somebody may sit before an interview of it that has no answer yet, and so is in no store.
const GRACE = 2 * 86_400_000

/**
 * Mark which versions the server lists now, and let the others go after two days. A version stays as long as an interview
 * of it is on the phone unsent; files stay as long as a form of anybody names them.
 */
export async function keepListed(db, identity, listedKeys, now = Date.now()) {
  const transaction = db.transaction(['forms', 'files', 'records'], 'readwrite')
  const forms = transaction.objectStore('forms')
  const unsent = (await transaction.objectStore('records').getAll()).filter((one) => one.state !== 'sent')
  const needed = new Set(unsent.map((one) => one.formKey))
  const hashes = new Set()
  for (const form of await forms.getAll()) {
    const listed = form.identity === identity ? listedKeys.has(form.key) : form.listed
    const unlistedAt = listed ? 0 : form.unlistedAt || now
    if (!listed && !needed.has(form.key) && Math.abs(now - unlistedAt) > GRACE) {
      forms.delete(form.key)
      continue
    }
    if (unlistedAt !== (form.unlistedAt ?? 0)) forms.put({ ...form, listed, unlistedAt })
    for (const hash of [form.hash, ...form.media.map((one) => one.hash)]) hashes.add(hash)
  }
  for (const hash of await transaction.objectStore('files').getAllKeys()) {
    if (!hashes.has(hash)) transaction.objectStore('files').delete(hash)
  }
  await transaction.done
}
