// @vitest-environment node
import { describe, expect, it } from 'vitest'
import { groupThousands, readDateTime, readNumber, readPoint, readTime, showDateTime, showTime, writePoint } from '../../src/form/answering.js'
import { pageIndexOf, pagesOf } from '../../src/form/pages.js'
import { plain } from '../../src/form/plain.js'
import en from '../../src/form/words.en.json'
import zh from '../../src/form/words.zh.json'
import { open, part, question } from './fixture.js'

const whole = { whole: true, grouped: false }
const decimal = { whole: false, grouped: false }
const grouped = { whole: false, grouped: true }

describe('a number', () => {
  it.each([
    ['12', whole, '12'],
    [' 012 ', whole, '12'],
    ['１２', whole, '12'],
    ['-３', whole, '-3'],
    ['2147483647', whole, '2147483647'],
    ['1.5', decimal, '1.5'],
    ['１。５', decimal, '1.5'],
    ['.5', decimal, '.5'],
    ['1,234,567.5', grouped, '1234567.5'],
    ['', whole, ''],
  ])('%s is taken', (typed, kind, value) => expect(readNumber(typed, kind)).toEqual({ value, refusal: null }))

  it.each([
    ['1.5', whole, 'whole'],
    ['2147483648', whole, 'large'],
    ['12345678901', whole, 'large'],
    ['1,5', decimal, 'number'],
    ['1,234', decimal, 'number'],
    ['12,34', grouped, 'number'],
    ['1e3', decimal, 'number'],
    ['12a', whole, 'number'],
    ['-', whole, 'number'],
  ])('%s is refused, and why', (typed, kind, refusal) => expect(readNumber(typed, kind)).toEqual({ value: '', refusal }))

  it.each([['1234567.5', '1,234,567.5'], ['-1234', '-1,234'], ['999', '999'], ['', '']])('%s is shown as %s', (value, shown) => {
    expect(groupThousands(value)).toBe(shown)
    expect(readNumber(shown, grouped).value).toBe(value)
  })
})

describe('a time', () => {
  it('comes back to its box as it was typed', () => {
    expect(showTime(readTime('07:05'))).toBe('07:05')
    for (const typed of ['2026-01-15T23:59', '2026-07-15T00:00']) expect(showDateTime(readDateTime(typed))).toBe(typed)
  })

  it('of another zone is shown as this phone has it', () => {
    const instant = '2026-07-15T12:00:00.000+00:00'
    expect(new Date(showDateTime(instant)).getTime()).toBe(new Date(instant).getTime())
  })
})

describe('a position', () => {
  it('is written as latitude, longitude, altitude and accuracy', () => {
    const coords = { latitude: 30.123456789, longitude: -114.5, altitude: null, accuracy: 4.567 }
    expect(writePoint(coords)).toBe('30.1234568 -114.5 0 4.6')
  })

  it.each(['', '30', 'a b', '91 0', '0 181'])('%s is none', (typed) => expect(readPoint(typed)).toBeNull())
  it.each(['30.1 114.2', '30.1, 114.2', '30.1,114.2 12 4'])('%s is one', (typed) => expect(readPoint(typed)).toMatchObject({ latitude: 30.1, longitude: 114.2 }))
})

describe('pages', () => {
  it('are the top-level groups and repeats, and what stands between them', async () => {
    const form = await open('pages')
    expect(pagesOf(form.root).map((page) => page.nodes.map((node) => node.currentState.label.asString))).toEqual([
      ['First', 'Second'], ['House'], ['Child'], ['Last'],
    ])
  })

  it('come and go with relevance, and keep their keys', async () => {
    const form = await open('pages')
    const before = pagesOf(form.root).map((page) => page.key)
    question(form, 'first').setValue('farm')
    const after = pagesOf(form.root).map((page) => page.key)
    expect(after).toHaveLength(before.length + 1)
    expect(after.filter((key) => key !== part(form, 'farm').currentState.reference)).toEqual(before)
  })

  it('are found from any question in them', async () => {
    const form = await open('pages')
    expect(pageIndexOf(pagesOf(form.root), question(form, 'well'))).toBe(1)
    expect(pageIndexOf(pagesOf(form.root), question(form, 'name'))).toBe(2)
  })
})

describe('what a count hangs on', () => {
  it('is the question itself, or what the count is computed from', async () => {
    const { countFeeds } = await open('rows')
    expect(Object.fromEntries(countFeeds)).toEqual({
      '/data/size': [{ repeat: '/data/member', direct: true }],
      '/data/adults': [{ repeat: '/data/ticket', direct: false }],
    })
  })
})

describe('bare words', () => {
  it('have no Markdown and no guidance', async () => {
    const form = await open('kinds')
    expect(plain(question(form, 'word').currentState.label)).toBe('A word')
    expect(plain(question(form, 'word').currentState.hint)).toBe('As on the card')
    expect(plain(null)).toBe('')
    const formatted = [{ role: 'parent', elementName: 'strong', children: [{ role: 'child', value: '户主' }] }, { role: 'child', value: '姓名' }]
    expect(plain({ asString: '**户主**姓名', formatted })).toBe('户主姓名')
  })
})

describe('the wording', () => {
  const keys = (words, at = '') => Object.entries(words).flatMap(([key, word]) => (typeof word === 'string' ? [at + key] : keys(word, `${at}${key}.`)))
  const holes = (words) => Object.values(words).flatMap((word) => (typeof word === 'string' ? [[...new Set(word.match(/\{\w+\}/g))].sort().join()] : holes(word)))

  it('is there in both languages, with the same holes', () => {
    expect(keys(zh)).toEqual(keys(en))
    expect(holes(zh)).toEqual(holes(en))
  })
})
