// @vitest-environment node
import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { keepDeprecatedId, keepEditPayload } from '../src/edit.js'
import { readAddress, tokenOfHash } from '../src/enrolment.js'
import { isApple } from '../src/features.js'
import { afterWrongPin, hashPin, isPin, validPin } from '../src/pin.js'
import { exportUnsent } from '../src/rescue.js'
import { planPortions } from '../src/sync/portions.js'
import { HELD_ELSEWHERE, holdLock, withLock } from '../src/sync/locks.js'
import { crc32, makeZip } from '../src/zip.js'
import en from '../src/words.en.json'
import zh from '../src/words.zh.json'
import { newDatabase, payload, person, photo, queue } from './phone_fixture.js'

const TOKEN = 'AbC-_'.repeat(8) + 'xyz'

describe('zip', () => {
  test('CRC-32 is that of the standard’s check value', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  })

  test('another program unpacks what we pack, with names in Chinese', async () => {
    const entries = [
      { name: 'a/提交.xml', blob: new Blob(['<a/>']), modified: new Date(2026, 4, 1, 8, 30) },
      { name: 'a/empty', blob: new Blob([]), modified: new Date(2026, 4, 1, 8, 30) },
      { name: 'b.jpg', blob: photo('b.jpg', 70_000), modified: new Date(2026, 4, 1, 8, 30) },
    ]
    const path = join(mkdtempSync(join(tmpdir(), 'zip-')), 'out.zip')
    writeFileSync(path, Buffer.from(await (await makeZip(entries)).arrayBuffer()))
    const program =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; ' +
      'print([(i.filename, i.file_size, i.date_time[:5]) for i in z.infolist()])'
    expect(execFileSync('python3', ['-c', program, path], { encoding: 'utf8' }).trim()).toBe(
      "[('a/提交.xml', 4, (2026, 5, 1, 8, 30)), ('a/empty', 0, (2026, 5, 1, 8, 30)), ('b.jpg', 70000, (2026, 5, 1, 8, 30))]",
    )
  })

  test('what is unsent goes out with its photos; what was sent does not', async () => {
    const db = await newDatabase()
    const me = await person(db)
    expect(await exportUnsent(db, me.id)).toBeNull()
    await queue(db, me, 'uuid:one', [photo('a.jpg')])
    const names = Buffer.from(await (await exportUnsent(db, me.id)).arrayBuffer()).toString('latin1')
    expect(names).toContain('queued/people/uuid_one/submission.xml')
    expect(names).toContain('queued/people/uuid_one/a.jpg')
  })
})

describe('portions', () => {
  const file = (name, size) => ({ name, size })
  const plan = (sizes, limit) => planPortions(sizes.map((size, i) => file(i, size)), 1_000, limit).map((one) => one.length)

  test.each([
    ['nothing to add', [], 10_000, [0]],
    ['all in one', [1_000, 1_000], 10_000, [2]],
    ['as many as fit', [4_000, 3_000, 3_000], 10_000, [2, 1]],
    ['one that is too large goes alone', [1_000, 50_000, 1_000], 10_000, [1, 1, 1]],
    ['also when it is the first', [50_000, 1_000], 10_000, [1, 1]],
  ])('%s', (_name, sizes, limit, expected) => expect(plan(sizes, limit)).toEqual(expected))
})

describe('enrolment', () => {
  const here = 'https://survey.example.org'
  test.each([
    ['the link', `${here}/fill/#enrol=${TOKEN}`, { token: TOKEN }],
    ['the server address of Collect', ` ${here}/c/${TOKEN}/ `, { token: TOKEN }],
    ['the token alone', TOKEN, { token: TOKEN }],
    ['another server', `https://other.example/c/${TOKEN}`, { other: 'https://other.example' }],
    ['an address without token', `${here}/fill/`, { bad: true }],
    ['nothing', '', { bad: true }],
    ['words', 'my phone', { bad: true }],
    ['a script', `javascript:alert(1)//c/${TOKEN}`, { other: 'null' }],
  ])('%s', (_name, text, expected) => expect(readAddress(text, here)).toEqual(expected))

  test('a fragment is an enrolment or it is not', () => {
    expect(tokenOfHash(`#enrol=${TOKEN}`)).toBe(TOKEN)
    expect(tokenOfHash('#fill=abc')).toBeUndefined()
  })
})

describe('PIN', () => {
  test('only the right one opens', async () => {
    const kept = await hashPin('4711')
    expect(await isPin('4711', kept)).toBe(true)
    expect(await isPin('4712', kept)).toBe(false)
    expect(JSON.stringify([...kept.hash])).not.toContain('4711')
  })

  test('four to six digits', () => {
    expect(['123', '1234', '123456', '1234567', '12a4'].map(validPin)).toEqual([false, true, true, false, false])
  })

  test('from the fifth wrong try on it waits, longer each time', () => {
    let kept = { wrong: 0, waitUntil: 0 }
    const waits = []
    for (let i = 0; i < 7; i++) {
      kept = afterWrongPin(kept, 1_000)
      waits.push(kept.waitUntil - 1_000)
    }
    expect(waits).toEqual([0, 0, 0, 0, 15_000, 30_000, 60_000])
  })
})

describe('edits', () => {
  const before = '<data><a/><orx:meta><orx:instanceID>uuid:new</orx:instanceID></orx:meta></data>'
  test('name what they replace, in the prefix of the record, once', () => {
    const after = keepDeprecatedId(before, 'uuid:a&b')
    expect(after).toContain('</orx:instanceID><orx:deprecatedID>uuid:a&amp;b</orx:deprecatedID></orx:meta>')
    expect(keepDeprecatedId(after, 'uuid:a&b')).toBe(after)
  })

  test('keep the photos that were not loaded yet and are still meant', async () => {
    const files = [photo('kept.jpg'), photo('gone.jpg'), photo('taken.jpg')]
    const taken = payload('uuid:new', [files[2]])
    taken.xml = new File(['<data><p>kept.jpg</p><q>taken.jpg</q><meta><instanceID>uuid:new</instanceID></meta></data>'], 'x')
    const whole = await keepEditPayload(taken, { deprecatedId: 'uuid:old', files, held: ['kept.jpg', 'gone.jpg'] })
    expect(whole.files.map((file) => file.name)).toEqual(['taken.jpg', 'kept.jpg'])
    expect(whole.carried).toEqual(['kept.jpg'])
    expect(await whole.xml.text()).toContain('<deprecatedID>uuid:old</deprecatedID>')
  })
})

describe('leases, where there are no Web Locks', () => {
  test('hold until they are given back', async () => {
    const db = await newDatabase()
    const release = await holdLock(db, 'draft:1', null)
    expect(await holdLock(db, 'draft:1', null)).toBeNull()
    expect(await withLock(db, 'draft:2', async () => 'done', null)).toBe('done')
    release()
    await vi.waitFor(async () => expect(await withLock(db, 'draft:1', async () => 'done', null)).toBe('done'))
  })

  test('run out when the tab that held them has died', async () => {
    const db = await newDatabase()
    await db.put('settings', { owner: 'a dead tab', until: Date.now() + 10_000 }, 'lease:outbox')
    expect(await withLock(db, 'outbox', async () => 'done', null)).toBe(HELD_ELSEWHERE)
    await db.put('settings', { owner: 'a dead tab', until: Date.now() - 1 }, 'lease:outbox')
    expect(await withLock(db, 'outbox', async () => 'done', null)).toBe('done')
  })
})

test('an iPad says that it is a Mac', () => {
  expect(isApple({ userAgent: 'Mozilla/5.0 (Macintosh)', maxTouchPoints: 5 })).toBe(true)
  expect(isApple({ userAgent: 'Mozilla/5.0 (Macintosh)', maxTouchPoints: 0 })).toBe(false)
  expect(isApple({ userAgent: 'Mozilla/5.0 (Linux; Android 10)', maxTouchPoints: 5 })).toBe(false)
})

test('both languages say the same things, with the same blanks', () => {
  const flat = (words, path = '') =>
    Object.entries(words).flatMap(([name, value]) => (typeof value === 'string' ? [[path + name, value]] : flat(value, `${path}${name}.`)))
  const blanks = (words) => Object.fromEntries(flat(words).map(([name, text]) => [name, [...new Set(text.match(/\{\w+\}/g))].sort()]))
  expect(blanks(zh)).toEqual(blanks(en))
})
