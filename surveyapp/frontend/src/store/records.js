import { DURABLE, makeId } from './database.js'

// A record: {key, identity, formKey, formId, formVersion, title, instanceId, instanceName, deprecatedId, state, frozen,
// files: [{name, type, size, modified, sent}], xmlSize, position, violations, tries, error, nextTry, createdAt, updatedAt,
// queuedAt, sentAt, receipt}. Times are milliseconds since 1970.
//
//   draft ──queue──▶ queued ──▶ sending ──201/202──▶ sent
//     ▲                │  ▲         │
//     └──── reopen ────┘  └─retry───┴──400/409/413──▶ rejected
//
// A file is `sent` when the server has it, be it with the submission that this record edits.
// `frozen` from the first POST on: the server may hold these bytes, so they never change again.
const BOTH = ['records', 'blobs']
const XML = 'xml'
export const UNSENT = ['draft', 'queued', 'sending', 'rejected']

const blobsOf = (key) => IDBKeyRange.bound([key], [key, []])
const fileKey = (key, name) => [key, 'file', name]
const described = ({ name, type, size, lastModified }, sent) => ({ name, type, size, modified: lastModified, sent })
const alike = (a, b) => a && b && a.size === b.size && a.modified === b.modified

/** Somebody else changed the record in the meantime (another tab queued or deleted it). */
export class RecordMoved extends Error {}

/** A new draft without answers yet, for a form version of `forms`; only saveDraft puts it into the store. */
export function makeDraft(form, now = Date.now()) {
  return {
    key: makeId(),
    identity: form.identity,
    formKey: form.key,
    formId: form.formId,
    formVersion: form.version,
    title: form.title,
    instanceId: '',
    instanceName: '',
    deprecatedId: null,
    state: 'draft',
    frozen: false,
    files: [],
    xmlSize: 0,
    position: null,
    violations: 0,
    tries: 0,
    error: null,
    nextTry: 0,
    createdAt: now,
    updatedAt: now,
    queuedAt: 0,
    sentAt: 0,
    receipt: null,
  }
}

/**
 * Keep a draft as it stands: XML and attachments in one transaction. `payload` is what takePayload or keepEditPayload gives. With
 * `queue`, the same transaction makes it queued.
 */
export async function saveDraft(db, draft, payload, { position = null, queue = false, now = Date.now() } = {}) {
  // A transaction does not wait for a file to be read.
  const contents = await newContents(draft, payload)
  const transaction = db.transaction(BOTH, 'readwrite', DURABLE)
  const [records, blobs] = BOTH.map((name) => transaction.objectStore(name))
  const kept = await records.get(draft.key)
  if (kept ? kept.state !== 'draft' : draft.updatedAt !== draft.createdAt) {
    transaction.abort()
    await transaction.done.catch(() => {})
    throw new RecordMoved(draft.key)
  }
  const files = payload.files.map((file) => described(file, payload.carried?.includes(file.name) ?? false))
  const names = new Set(files.map((file) => file.name))
  for (const { name } of kept?.files ?? []) if (!names.has(name)) blobs.delete(fileKey(draft.key, name))
  for (const [key, content] of contents) blobs.put(content, key)
  const record = {
    ...draft,
    files,
    position,
    xmlSize: payload.xml.size,
    instanceId: payload.instanceId,
    instanceName: payload.instanceName ?? '',
    violations: payload.violations,
    // Never equal to createdAt again: a draft that was saved once and is gone now was deleted, and is not brought back.
    updatedAt: Math.max(now, draft.createdAt + 1),
    ...(queue ? { state: 'queued', queuedAt: now } : {}),
  }
  records.put(record)
  await transaction.done
  return record
}

/** What of a payload is not in the store yet, by its key there. Photos are not written again with every answer. */
function newContents(draft, payload) {
  const before = new Map(draft.files.map((file) => [file.name, file]))
  const fresh = payload.files.filter((file) => !alike(before.get(file.name), described(file)))
  const keyed = [[[draft.key, XML], payload.xml], ...fresh.map((file) => [fileKey(draft.key, file.name), file])]
  return Promise.all(keyed.map(async ([key, file]) => [key, await file.arrayBuffer()]))
}

/** All records of a person, newest first, without their bytes. */
export async function listRecords(db, identity) {
  const found = await db.getAllFromIndex('records', 'identity', identity)
  return found.sort((a, b) => b.updatedAt - a.updatedAt)
}

/** One record, or undefined. */
export const getRecord = (db, key) => db.get('records', key)

/** The bytes of a record: {xml: Blob, files: [File]} in the order of its list. Files that a receipt no longer has are absent. */
export async function readPayload(db, key) {
  const transaction = db.transaction(BOTH)
  const record = await transaction.objectStore('records').get(key)
  const blobs = transaction.objectStore('blobs')
  const content = await blobs.get([key, XML])
  if (!content) throw new Error('its answers cannot be read back')
  const xml = new Blob([content], { type: 'text/xml' })
  const files = []
  for (const { name, type, modified } of record.files) {
    const bytes = await blobs.get(fileKey(key, name))
    if (bytes) files.push(new File([bytes], name, { type, lastModified: modified }))
  }
  return { record, xml, files }
}

/** A draft's bytes as the engine restores them: each part's file name equals its key. */
export async function readDraftData(db, key) {
  const { xml, files } = await readPayload(db, key)
  const data = new FormData()
  data.append('xml_submission_file', new File([xml], 'xml_submission_file', { type: 'text/xml' }))
  for (const file of files) data.append(file.name, file)
  return data
}

/** Change members of a record, given as a function of what it is now; undefined where it is gone. */
export async function changeRecord(db, key, change) {
  const transaction = db.transaction('records', 'readwrite', DURABLE)
  const record = await transaction.store.get(key)
  const changed = record && { ...record, ...change(record) }
  if (changed) await transaction.store.put(changed)
  await transaction.done
  return changed
}

/** The server has everything: keep the XML as a receipt, let the photos go. */
export async function markSent(db, key, receipt, now = Date.now()) {
  const transaction = db.transaction(BOTH, 'readwrite', DURABLE)
  const record = await transaction.objectStore('records').get(key)
  if (record) {
    for (const { name } of record.files) transaction.objectStore('blobs').delete(fileKey(key, name))
    const files = record.files.map((file) => ({ ...file, sent: true }))
    const sent = { state: 'sent', files, receipt, sentAt: now, updatedAt: now, error: null, nextTry: 0 }
    transaction.objectStore('records').put({ ...record, ...sent })
  }
  await transaction.done
}

/** A queued record becomes a draft again, as long as nothing of it was sent. */
export function reopenRecord(db, key) {
  return changeRecord(db, key, (record) => {
    if (record.state !== 'queued' || record.frozen) throw new RecordMoved(key)
    return { state: 'draft', queuedAt: 0 }
  })
}

/** A rejected record goes into the queue again, with the same bytes. */
export function retryRecord(db, key) {
  return changeRecord(db, key, (record) => {
    if (record.state !== 'rejected') throw new RecordMoved(key)
    return { state: 'queued', error: null, nextTry: 0 }
  })
}

/** Remove a record and its bytes. The caller has asked. */
export async function deleteRecord(db, key) {
  const transaction = db.transaction(BOTH, 'readwrite')
  transaction.objectStore('records').delete(key)
  transaction.objectStore('blobs').delete(blobsOf(key))
  await transaction.done
}

/** Let receipts go that are older than `days`; how many that were. */
export async function deleteOldReceipts(db, days = 30, now = Date.now()) {
  const old = (await db.getAll('records')).filter((one) => one.state === 'sent' && now - one.sentAt > days * 86_400_000)
  for (const { key } of old) await deleteRecord(db, key)
  return old.length
}
