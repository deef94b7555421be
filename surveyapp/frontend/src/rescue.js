import { UNSENT, listRecords, readPayload } from './store/records.js'
import { makeZip } from './zip.js'

const safe = (text) => text.replace(/[^\p{L}\p{N}._-]+/gu, '_').slice(0, 80) || 'unnamed'

async function* entriesOf(db, records) {
  for (const { key, state, formId, instanceId } of records) {
    const { record, xml, files } = await readPayload(db, key)
    const folder = `${state}/${safe(formId)}/${safe(instanceId || key)}`
    const modified = new Date(record.updatedAt)
    yield { name: `${folder}/submission.xml`, blob: xml, modified }
    for (const file of files) yield { name: `${folder}/${safe(file.name)}`, blob: file, modified }
  }
}

/** Everything of a person that no server has yet, drafts included, as a zip; null where there is nothing. */
export async function exportUnsent(db, identity, only = null) {
  const all = await listRecords(db, identity)
  const records = all.filter((one) => (only ? one.key === only : UNSENT.includes(one.state)))
  return records.length ? makeZip(entriesOf(db, records)) : null
}
