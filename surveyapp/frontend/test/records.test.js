// @vitest-environment node
import { beforeEach, expect, test } from 'vitest'
import { deleteIdentity, listIdentities } from '../src/store/identities.js'
import { RecordMoved, deleteOldReceipts, deleteRecord, getRecord, listRecords, makeDraft, markSent, readDraftData, readPayload, reopenRecord, saveDraft } from '../src/store/records.js'
import { FORM, newDatabase, payload, person, photo, queue } from './phone_fixture.js'

let db, me, form
beforeEach(async () => {
  db = await newDatabase()
  me = await person(db)
  form = { ...FORM, identity: me.id }
})

const bytes = async (blob) => [...new Uint8Array(await blob.arrayBuffer())]

test('a draft comes back as it was, each file under its own name', async () => {
  const image = photo('a.jpg')
  const draft = await saveDraft(db, makeDraft(form), payload('one', [image]), { position: 'page 3' })
  expect(await getRecord(db, draft.key)).toMatchObject({ state: 'draft', position: 'page 3', instanceId: 'one', formVersion: '1' })
  const data = await readDraftData(db, draft.key)
  expect([...data.keys()]).toEqual(['xml_submission_file', 'a.jpg'])
  for (const [name, file] of data) expect(file.name).toBe(name)
  expect(await bytes(data.get('a.jpg'))).toEqual(await bytes(image))
  expect(data.get('a.jpg').type).toBe('image/jpeg')
})

test('a photo taken anew under its old name replaces the old one, and one that was removed goes', async () => {
  let draft = await saveDraft(db, makeDraft(form), payload('one', [photo('a.jpg'), photo('b.jpg')]))
  const again = new File([new Uint8Array(7)], 'a.jpg', { type: 'image/jpeg', lastModified: 1 })
  draft = await saveDraft(db, draft, payload('one', [again]))
  const { files } = await readPayload(db, draft.key)
  expect(files.map((file) => [file.name, file.size])).toEqual([['a.jpg', 7]])
  expect(await db.count('blobs')).toBe(2)
})

test('photos that did not change are not written again with every answer', async () => {
  const image = photo('a.jpg')
  let draft = await saveDraft(db, makeDraft(form), payload('one', [image]))
  await db.put('blobs', new Blob(['as it lies on the disk']), [draft.key, 'file', 'a.jpg'])
  draft = await saveDraft(db, draft, payload('one', [image]))
  expect(await (await readPayload(db, draft.key)).files[0].text()).toBe('as it lies on the disk')
})

test('finishing keeps the bytes and the new state together', async () => {
  const { key } = await queue(db, me, 'one', [photo('a.jpg')])
  const { record, files } = await readPayload(db, key)
  expect(record.state).toBe('queued')
  expect(files).toHaveLength(1)
})

test('a late autosave neither changes what is queued nor brings back what was deleted', async () => {
  const draft = await saveDraft(db, makeDraft(form), payload('one'))
  await saveDraft(db, draft, payload('one'), { queue: true })
  await expect(saveDraft(db, draft, payload('changed'))).rejects.toThrow(RecordMoved)
  expect(await (await readPayload(db, draft.key)).xml.text()).toContain('<name>one</name>')
  await deleteRecord(db, draft.key)
  await expect(saveDraft(db, draft, payload('one'))).rejects.toThrow(RecordMoved)
  expect(await listRecords(db, me.id)).toEqual([])
  expect(await db.count('blobs')).toBe(0)
})

test('what was not sent yet can be opened again', async () => {
  const { key } = await queue(db, me, 'one')
  expect(await reopenRecord(db, key)).toMatchObject({ state: 'draft' })
})

test('receipts stay a month', async () => {
  const day = 86_400_000
  const { key } = await queue(db, me, 'one')
  await queue(db, me, 'unsent')
  await markSent(db, key, { status: 201 }, 0)
  expect(await deleteOldReceipts(db, 30, 29 * day)).toBe(0)
  expect(await deleteOldReceipts(db, 30, 31 * day)).toBe(1)
  expect((await listRecords(db, me.id)).map((one) => one.instanceId)).toEqual(['unsent'])
})

test('each person sees their own, and a person removed takes only theirs', async () => {
  const other = await person(db, { token: 'o'.repeat(43), name: 'Phone 2' })
  await queue(db, me, 'mine', [photo('a.jpg')])
  await queue(db, other, 'theirs', [photo('a.jpg')])
  expect((await listRecords(db, other.id)).map((one) => one.instanceId)).toEqual(['theirs'])
  await deleteIdentity(db, me.id)
  expect((await listIdentities(db)).map((one) => one.name)).toEqual(['Phone 2'])
  expect(await db.count('blobs')).toBe(2)
})
