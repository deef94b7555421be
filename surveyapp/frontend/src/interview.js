import { getForm, mediaReader, readXForm } from './store/forms.js'
import { getRecord, makeDraft, readDraftData, readPayload, saveDraft } from './store/records.js'
import { fetchForm } from './sync/forms.js'
import { keepEditPayload } from './edit.js'

// What is needed to open an interview: {draft, form, start, files, held}. `files` came with a returned submission, `held` are the
// names of those that its server has.

/** Why an interview cannot be opened: a word of `fill.*` or `home.*`. */
export class CannotOpen extends Error {}

/** A new one; `known` is the key that it had when its page was left before the first answer. */
export async function beginInterview(db, key, known) {
  const form = await getForm(db, key)
  if (!form) throw new CannotOpen('fill.formGone')
  return { draft: { ...makeDraft(form), ...(known && { key: known }) }, form, start: { kind: 'new' }, files: [], held: [] }
}

/** One that is unfinished, and this person's: Back may lead to somebody else's. */
export async function continueInterview(db, identity, key) {
  const draft = await getRecord(db, key)
  if (draft?.state !== 'draft' || draft.identity !== identity) throw new CannotOpen('fill.gone')
  const form = await getForm(db, draft.formKey)
  if (!form) throw new CannotOpen('fill.formGone')
  const files = draft.deprecatedId ? (await readPayload(db, key)).files : []
  const held = draft.files.filter((file) => file.sent).map((file) => file.name)
  return { draft, form, start: { kind: 'restore', data: await readDraftData(db, key) }, files, held }
}

/**
 * One that the office sent back. Everything is fetched and kept before it opens, so that it can be corrected where there
 * is no network.
 */
export async function correctInterview({ db, identity, server, returned }) {
  const listed = { formId: returned.form.form_id, version: returned.form.version, title: returned.form.name }
  const pathOf = (url) => (url ? new URL(url, location.origin).pathname : '')
  const entry = {
    ...listed,
    hash: returned.form.hash,
    path: pathOf(returned.form.download_url),
    manifestPath: pathOf(returned.form.manifest_url),
  }
  await fetchForm({ db, identity, server, entry, listed: false })
  const form = await getForm(db, JSON.stringify([identity.id, entry.formId, entry.version, entry.hash]))
  const xml = await (await server.download(pathOf(returned.record_url))).text()
  const files = []
  for (const { name, url } of returned.files) {
    const blob = await server.download(pathOf(url))
    files.push(new File([blob], name, { type: blob.type }))
  }
  const draft = { ...makeDraft(form), deprecatedId: returned.instance_id }
  const loaders = new Map(files.map((file) => [file.name, async () => new Response(file)]))
  return { draft, form, start: { kind: 'edit', xml, files: loaders }, files, held: [...loaders.keys()] }
}

/** What openForm wants. */
export async function asOpened(db, { form, start }, preload) {
  return { xml: await readXForm(db, form), media: mediaReader(db, form), start, preload }
}

/**
 * Keeps one interview: save() while it goes on, finish() at its end; one after the other, however fast they are asked for.
 * `take` gives the payload of the moment.
 */
export function keepInterview(db, { draft, files, held }, take) {
  let kept = draft
  let turn = Promise.resolve()

  const write = async (more) => {
    const payload = await take()
    const whole = kept.deprecatedId ? await keepEditPayload(payload, { deprecatedId: kept.deprecatedId, files, held }) : payload
    kept = await saveDraft(db, kept, whole, more)
    return kept
  }
  const next = (more) => {
    const result = turn.then(() => write(more))
    turn = result.catch(() => {})
    return result
  }
  return {
    save: (position) => next({ position }),
    finish: () => next({ queue: true }),
    /** Whether the phone holds anything of it. */
    begun: () => kept.updatedAt !== kept.createdAt,
  }
}
