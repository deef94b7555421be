// @vitest-environment node
// Answers as the screen sets them: nothing goes unseen, rows least of all.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createSession, problemsBelow } from '../../src/form/session.js'
import { open, part, question } from './fixture.js'

let form, session, changed

beforeEach(async () => {
  form = await open('rows')
  changed = vi.fn()
  session = createSession(form, changed)
})

const size = () => question(form, 'size')
const names = () => part(form, 'member').currentState.children.map((_, row) => question(form, 'name', row).currentState.instanceValue)

/** Sets an answer; where something is asked, replies `yes`. */
async function answering(node, answer, yes) {
  const outcome = session.answer(node, answer, String(answer))
  await Promise.resolve()
  const asked = session.shown.dialog && { kind: session.shown.dialog.kind, number: session.shown.dialog.number }
  session.shown.dialog?.reply(yes)
  return { asked, outcome: await outcome }
}

async function threeMembers() {
  await session.answer(size(), '3', '3')
  for (const [row, name] of ['An', 'Bo', 'Cai'].entries()) await session.answer(question(form, 'name', row), name)
}

describe('an answer', () => {
  it('is told to the app', async () => {
    await session.answer(question(form, 'crop'), 'rice')
    expect(changed).toHaveBeenCalledTimes(1)
  })

  it('that the engine blanks is a problem until another is given', async () => {
    const kinds = await open('kinds')
    const other = createSession(kinds, changed)
    const hour = question(kinds, 'hour')
    expect(await other.answer(hour, '12:30', '12:30')).toBe('blanked')
    expect(other.problemOf(hour)).toEqual({ kind: 'blanked' })
    expect(problemsBelow(other, [kinds.root])).toContain(hour)
    await other.answer(hour, '12:30:00', '12:30')
    expect(other.problemOf(hour)).toBeNull()
  })

  it('on which the engine throws is a problem, and no crash', async () => {
    const kinds = await open('kinds')
    const silent = vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(await createSession(kinds, changed).answer(question(kinds, 'order'), ['yes'])).toBe('failed')
    expect(silent).toHaveBeenCalled()
  })

  it('that breaks a constraint has the words of the form', async () => {
    const kinds = await open('kinds')
    const other = createSession(kinds, changed)
    await other.answer(question(kinds, 'whole'), '100', '100')
    expect(other.problemOf(question(kinds, 'whole'))).toEqual({ kind: 'constraint', message: 'Below 100, please.' })
  })
})

describe('a lower count', () => {
  it('asks before rows with answers go', async () => {
    await threeMembers()
    expect(await answering(size(), '1', false)).toEqual({ asked: { kind: 'fewerRows', number: 2 }, outcome: 'declined' })
    expect(names()).toEqual(['An', 'Bo', 'Cai'])
    expect(size().currentState.instanceValue).toBe('3')
  })

  it('can be taken back with all that went', async () => {
    await threeMembers()
    await answering(size(), '1', true)
    expect(names()).toEqual(['An'])
    session.shown.notice.undo()
    expect(size().currentState.instanceValue).toBe('3')
    expect(names()).toEqual(['An', 'Bo', 'Cai'])
  })

  it('asks nothing where the rows are empty', async () => {
    await session.answer(size(), '3', '3')
    expect((await answering(size(), '1', true)).asked).toBeNull()
  })

  it('asks nothing where the box is cleared: the rows stay', async () => {
    await threeMembers()
    expect((await answering(size(), '', true)).asked).toBeNull()
    expect(names()).toEqual(['An', 'Bo', 'Cai'])
  })

  it('asks where the count is only computed from the answer', async () => {
    const adults = question(form, 'adults')
    await session.answer(adults, '2', '2')
    await session.answer(question(form, 'number', 2), 'T3')
    expect((await answering(adults, '1', false)).asked).toEqual({ kind: 'fewerRows', number: 1 })
    await answering(adults, '1', true)
    session.shown.notice.undo()
    expect(question(form, 'number', 2).currentState.instanceValue).toBe('T3')
  })
})

describe('a high count', () => {
  it('asks above fifty', async () => {
    expect(await answering(size(), '51', false)).toEqual({ asked: { kind: 'manyRows', number: 51 }, outcome: 'declined' })
    expect(names()).toEqual([])
    await answering(size(), '51', true)
    expect(names()).toHaveLength(51)
  })

  it.each(['501', '999999999'])('of %s is refused, and the answer before is kept', async (typed) => {
    await session.answer(size(), '2', '2')
    expect(await answering(size(), typed)).toEqual({ asked: null, outcome: 'tooManyRows' })
    expect(size().currentState.instanceValue).toBe('2')
    expect(session.problemOf(size())).toEqual({ kind: 'tooManyRows' })
  })
})

describe('rows that people add', () => {
  const plots = () => part(form, 'plot').currentState.children.map((_, row) => question(form, 'crop', row).currentState.instanceValue)

  async function threePlots() {
    const range = part(form, 'plot')
    session.addRow(range)
    session.addRow(range)
    for (const [row, crop] of ['rice', 'tea', 'maize'].entries()) await session.answer(question(form, 'crop', row), crop)
    return range
  }

  it('are removed only after a yes', async () => {
    const range = await threePlots()
    const removed = session.removeRow(range, range.currentState.children[0], 'Plot 1')
    session.shown.dialog.reply(false)
    expect(await removed).toBe(false)
    expect(plots()).toEqual(['rice', 'tea', 'maize'])
  })

  it.each([0, 1, 2])('come back to their place (%i) with their answers and files', async (index) => {
    const range = await threePlots()
    const file = new File(['x'], 'a.jpg', { type: 'image/jpeg' })
    await session.answer(question(form, 'picture', index), file)
    const removed = session.removeRow(range, range.currentState.children[index], 'Plot')
    session.shown.dialog.reply(true)
    await removed
    expect(plots()).toHaveLength(2)
    session.shown.notice.undo()
    expect(plots()).toEqual(['rice', 'tea', 'maize'])
    expect(question(form, 'picture', index).currentState.value.size).toBe(1)
  })
})
