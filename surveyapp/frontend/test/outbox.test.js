// @vitest-environment node
import { beforeEach, describe, expect, test } from 'vitest'
import { getIdentity } from '../src/store/identities.js'
import { deleteRecord, getRecord, listRecords, makeDraft, readPayload, reopenRecord, retryRecord, saveDraft } from '../src/store/records.js'
import { judge, waitAfter } from '../src/sync/outbox.js'
import { FORM, answer, newDatabase, outboxOf, payload, person, photo, queue, serverWith } from './phone_fixture.js'

let db, me
beforeEach(async () => {
  db = await newDatabase()
  me = await person(db)
})

const states = async () => Object.fromEntries((await listRecords(db, me.id)).map((one) => [one.instanceId, one.state]))

test('what is queued arrives with its photos, and the phone keeps the XML as a receipt', async () => {
  const image = photo('a.jpg')
  const { key } = await queue(db, me, 'one', [image])
  const server = serverWith()
  const result = await outboxOf(db, me, server).flush()
  expect(result).toMatchObject({ sent: 1, rejected: 0, stopped: null })
  expect(server.posts).toMatchObject([{ instanceId: 'one', files: ['a.jpg'], incomplete: false }])
  expect(await getRecord(db, key)).toMatchObject({ state: 'sent', receipt: { status: 201, words: 'Form received.' } })
  const kept = await readPayload(db, key)
  expect(await kept.xml.text()).toContain('<instanceID>one</instanceID>')
  expect(kept.files).toEqual([])
})

test('202 is as good as 201', async () => {
  await queue(db, me, 'one')
  await outboxOf(db, me, serverWith({ 1: answer(202) })).flush()
  expect(await states()).toEqual({ one: 'sent' })
})

describe('what is not an answer of ours keeps everything queued, and waits', () => {
  test.each([
    ['no network', 'lost', 'network'],
    ['the server fails', answer(500), 'server'],
    ['the server restarts behind a proxy', answer(502, '', { ours: false }), 'portal'],
    ['the server is busy', answer(503), 'server'],
    ['too many requests', answer(429), 'server'],
    ['a Wi-Fi answers 200 with its login page', answer(200, '', { ours: false }), 'portal'],
    ['a Wi-Fi even answers 201', answer(201, '', { ours: false }), 'portal'],
    ['a Wi-Fi answers 403', answer(403, '', { ours: false }), 'portal'],
    ['a Wi-Fi answers 404', answer(404, '', { ours: false }), 'portal'],
  ])('%s', async (_name, told, reason) => {
    await queue(db, me, 'one', [], 1)
    await queue(db, me, 'two', [], 2)
    const clock = { now: 1_000 }
    const server = serverWith({ 1: told })
    const outbox = outboxOf(db, me, server, { clock })
    const result = await outbox.flush()
    expect(result).toMatchObject({ sent: 0, stopped: reason, waitUntil: 2_000 })
    expect(await states()).toEqual({ one: 'queued', two: 'queued' })
    expect(server.posts).toHaveLength(1)

    expect(await outbox.flush()).toMatchObject({ stopped: 'waiting' })
    expect(server.posts).toHaveLength(1)
    clock.now = 2_000
    expect(await outbox.flush()).toMatchObject({ sent: 2 })
    expect([...server.rows.keys()].sort()).toEqual(['one', 'two'])
  })
})

test('the wait grows from one second to one minute, and the server may ask for more than that grows to', async () => {
  expect([1, 2, 3, 6, 7, 20].map((n) => waitAfter(n, () => 1))).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000])
  expect(waitAfter(7, () => 0)).toBe(30_000)
  await queue(db, me, 'one')
  const server = serverWith({ 1: answer(503, '', { headers: { 'Retry-After': '30' } }) })
  expect(await outboxOf(db, me, server).flush()).toMatchObject({ waitUntil: 30_000 })
})

test('a reply lost after the server has kept the record ends in one row', async () => {
  await queue(db, me, 'one', [photo('a.jpg')])
  const clock = { now: 0 }
  const server = serverWith({ 1: 'cut after commit' })
  const outbox = outboxOf(db, me, server, { clock })
  expect(await outbox.flush()).toMatchObject({ sent: 0, stopped: 'network' })
  await outbox.flush({ force: true })
  expect(server.posts).toHaveLength(2)
  expect(server.posts[0].xml).toBe(server.posts[1].xml)
  expect([...server.rows.keys()]).toEqual(['one'])
  expect(await states()).toEqual({ one: 'sent' })
})

test('a tab that died while it was sending leaves a record that the next one sends', async () => {
  const { key } = await queue(db, me, 'one')
  await db.put('records', { ...(await getRecord(db, key)), state: 'sending', frozen: true })
  await outboxOf(db, me, serverWith()).flush()
  expect(await states()).toEqual({ one: 'sent' })
})

describe('a refusal is this record’s own; the others go on', () => {
  test.each([400, 404, 409, 413, 422])('%i', async (status) => {
    await queue(db, me, 'bad', [photo('a.jpg')], 1)
    await queue(db, me, 'good', [], 2)
    const server = serverWith({ bad: answer(status, 'The form &quot;x&quot; is unknown.') })
    expect(await outboxOf(db, me, server).flush()).toMatchObject({ sent: 1, rejected: 1, stopped: null })
    const bad = (await listRecords(db, me.id)).find((one) => one.instanceId === 'bad')
    expect(bad).toMatchObject({ state: 'rejected', error: { status, words: 'The form "x" is unknown.' } })
    expect((await readPayload(db, bad.key)).files).toHaveLength(1)
    expect(await states()).toEqual({ bad: 'rejected', good: 'sent' })

    await outboxOf(db, me, server).flush({ force: true })
    expect(server.posts).toHaveLength(2)
    await retryRecord(db, bad.key)
    await outboxOf(db, me, serverWith()).flush()
    expect(await states()).toEqual({ bad: 'sent', good: 'sent' })
  })

  test('413 of a proxy that is not ours', () => {
    expect(judge({ status: 413, ours: false })).toBe('rejected')
  })
})

describe('a revoked token stops everything and keeps the queue', () => {
  test.each([401, 403])('%i at the door', async (status) => {
    await queue(db, me, 'one')
    let shut = true
    const server = serverWith({}, { head: () => answer(shut ? status : 204) })
    const outbox = outboxOf(db, me, server)
    expect(await outbox.flush()).toMatchObject({ stopped: 'admission' })
    expect(server.posts).toHaveLength(0)
    expect(await states()).toEqual({ one: 'queued' })
    expect(await getIdentity(db, me.id)).toMatchObject({ state: 'revoked' })

    shut = false
    await outbox.flush({ force: true })
    expect(await states()).toEqual({ one: 'sent' })
    expect(await getIdentity(db, me.id)).toMatchObject({ state: 'ok' })
  })

  test('in the middle of the queue', async () => {
    await queue(db, me, 'one', [], 1)
    await queue(db, me, 'two', [], 2)
    expect(await outboxOf(db, me, serverWith({ 2: answer(403) })).flush()).toMatchObject({ sent: 1, stopped: 'admission' })
    expect(await states()).toEqual({ one: 'sent', two: 'queued' })
  })

  test('a new token for the same person sends what the old one could not', async () => {
    await queue(db, me, 'one')
    await outboxOf(db, me, serverWith({}, { head: () => answer(403) })).flush()
    const again = await person(db, { token: 'n'.repeat(43), replaces: me.id })
    expect(again.id).toBe(me.id)
    const server = serverWith()
    await outboxOf(db, again, server).flush()
    expect(server.posts[0].path).toContain(`/c/${'n'.repeat(43)}/submission`)
    expect(await states()).toEqual({ one: 'sent' })
  })
})

test('a record that the server stumbles over does not hold up those behind it', async () => {
  await queue(db, me, 'poison', [], 1)
  await queue(db, me, 'good', [], 2)
  const server = serverWith({ poison: answer(500) })
  const outbox = outboxOf(db, me, server)
  await outbox.flush()
  await outbox.flush({ force: true })
  expect(await states()).toEqual({ poison: 'queued', good: 'sent' })
})

test('what is larger than the server takes at once goes in several requests, each with the same XML', async () => {
  const images = ['a.jpg', 'b.jpg', 'c.jpg'].map((name) => photo(name, 40_000))
  await queue(db, me, 'one', images)
  const server = serverWith({}, { limit: 100_000 })
  await outboxOf(db, me, server).flush()
  expect(server.posts.map((post) => [post.files, post.incomplete])).toEqual([
    [['a.jpg', 'b.jpg'], true],
    [['c.jpg'], false],
  ])
  expect(new Set(server.posts.map((post) => post.xml)).size).toBe(1)
  expect(await states()).toEqual({ one: 'sent' })
})

test('a connection lost between two requests goes on with the files that are missing', async () => {
  await queue(db, me, 'one', ['a.jpg', 'b.jpg'].map((name) => photo(name, 60_000)))
  const server = serverWith({ 2: 'lost' }, { limit: 100_000 })
  const outbox = outboxOf(db, me, server)
  await outbox.flush()
  expect(await states()).toEqual({ one: 'queued' })
  await outbox.flush({ force: true })
  expect(server.posts.map((post) => post.files)).toEqual([['a.jpg'], ['b.jpg'], ['b.jpg']])
  expect(server.rows.get('one').files).toEqual(['a.jpg', 'b.jpg'])
})

test('a line that broke under many files gets them in small numbers, until it holds', async () => {
  await queue(db, me, 'one', ['a.jpg', 'b.jpg', 'c.jpg'].map((name) => photo(name, 40_000)))
  const server = serverWith({ 1: 'lost' }, { limit: 1_000_000 })
  const outbox = outboxOf(db, me, server)
  await outbox.flush()
  await outbox.flush({ force: true })
  expect(server.posts.map((post) => post.files.length)).toEqual([3, 1, 1, 1])
  expect(await states()).toEqual({ one: 'sent' })
})

test('a clock that is put back keeps nothing waiting', async () => {
  await queue(db, me, 'one')
  const clock = { now: 10 * 86_400_000 }
  const outbox = outboxOf(db, me, serverWith({ 1: 'lost' }), { clock })
  await outbox.flush()
  expect(await outbox.flush()).toMatchObject({ stopped: 'waiting' })
  clock.now = 86_400_000
  await outbox.flush()
  expect(await states()).toEqual({ one: 'sent' })
})

test('files that the server has with the submission that is edited are kept here and not posted again', async () => {
  const draft = { ...makeDraft({ ...FORM, identity: me.id }), deprecatedId: 'uuid:old' }
  const edited = { ...payload('one', [photo('old.jpg'), photo('new.jpg')]), carried: ['old.jpg'] }
  const { key } = await saveDraft(db, draft, edited, { queue: true })
  expect((await readPayload(db, key)).files.map((file) => file.name)).toEqual(['old.jpg', 'new.jpg'])
  const server = serverWith()
  await outboxOf(db, me, server).flush()
  expect(server.posts.map((post) => [post.files, post.incomplete])).toEqual([[['new.jpg'], false]])
  expect(await states()).toEqual({ one: 'sent' })
})

test('once a record was on its way it is not changed any more', async () => {
  const { key } = await queue(db, me, 'one')
  await outboxOf(db, me, serverWith({ 1: 'lost' })).flush()
  await expect(reopenRecord(db, key)).rejects.toThrow()
  expect(await states()).toEqual({ one: 'queued' })
})

test('a record deleted while the queue is being sent is not sent', async () => {
  await queue(db, me, 'one', [], 1)
  const two = await queue(db, me, 'two', [], 2)
  const server = serverWith()
  const request = server.request
  server.request = async (...all) => {
    if (all[1].method === 'POST') await deleteRecord(db, two.key)
    return request(...all)
  }
  await outboxOf(db, me, server).flush()
  expect(server.posts.map((post) => post.instanceId)).toEqual(['one'])
})

// `null` stands for a page that is not secure, where there are no Web Locks.
const oneLock = () => {
  let held = false
  return {
    async request(_name, _options, work) {
      if (held) return work(null)
      held = true
      try {
        return await work({})
      } finally {
        held = false
      }
    },
  }
}

test.each([
  ['with Web Locks', oneLock()],
  ['with leases', null],
])('two tabs that send at once send once, %s', async (_name, locks) => {
  for (const name of ['one', 'two', 'three']) await queue(db, me, name)
  const server = serverWith()
  const [first, second] = await Promise.all([1, 2].map(() => outboxOf(db, me, server, { locks }).flush()))
  expect([first.stopped, second.stopped].sort()).toEqual(['elsewhere', null])
  expect(server.posts).toHaveLength(3)
})

test('another person’s queue is left alone', async () => {
  const other = await person(db, { token: 'o'.repeat(43), name: 'Phone 2' })
  await queue(db, other, 'theirs')
  const server = serverWith()
  await outboxOf(db, me, server).flush()
  expect(server.posts).toHaveLength(0)
})

test('a photo that cannot be read back is told, and does not stop the others', async () => {
  const broken = await queue(db, me, 'broken', [photo('a.jpg')], 1)
  await queue(db, me, 'good', [], 2)
  await db.delete('blobs', [broken.key, 'xml'])
  const outbox = outboxOf(db, me, serverWith())
  await outbox.flush()
  await outbox.flush({ force: true })
  expect(await states()).toEqual({ broken: 'queued', good: 'sent' })
  expect((await getRecord(db, broken.key)).error).toMatchObject({ reason: 'phone' })
})

describe('what the server lacks of a record that it has', () => {
  const lacking = (names) => answer(201, '', { headers: { 'X-Surveyapp-Lacking': names } })

  async function correction(files) {
    const draft = { ...makeDraft({ ...FORM, identity: me.id }), deprecatedId: 'zero' }
    return saveDraft(db, draft, { ...payload('one', files), carried: files.map((file) => file.name) }, { queue: true })
  }

  test('is sent after it, where the phone still has it', async () => {
    await correction([photo('a b,1.jpg'), photo('b.jpg')])
    const server = serverWith({ 1: lacking('a%20b%2C1.jpg,gone.jpg') })
    expect(await outboxOf(db, me, server).flush()).toMatchObject({ sent: 1 })
    expect(server.posts.map((post) => post.files)).toEqual([[], ['a b,1.jpg']])
  })

  test('is sent later, where the line is cut in between', async () => {
    const { key } = await correction([photo('a.jpg')])
    const server = serverWith({ 1: lacking('a.jpg'), 2: 'lost' })
    const outbox = outboxOf(db, me, server)
    await outbox.flush()
    expect(await states()).toEqual({ one: 'queued' })
    await outbox.flush({ force: true })
    expect(server.posts.map((post) => post.files)).toEqual([[], ['a.jpg'], ['a.jpg']])
    expect(await getRecord(db, key)).toMatchObject({ state: 'sent' })
  })

  test('is not sent for ever to a server that goes on asking', async () => {
    await queue(db, me, 'one', [photo('a.jpg')])
    const server = serverWith({ one: lacking('a.jpg') })
    expect(await outboxOf(db, me, server).flush()).toMatchObject({ sent: 1 })
    expect(server.posts).toHaveLength(1)
  })
})

test('a phone whose browser is of 2021 sends too', async () => {
  const { timeout } = AbortSignal
  AbortSignal.timeout = undefined
  try {
    await queue(db, me, 'one')
    expect(await outboxOf(db, me, serverWith()).flush()).toMatchObject({ sent: 1 })
  } finally {
    AbortSignal.timeout = timeout
  }
})
