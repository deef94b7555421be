// @vitest-environment node
// What we rely on in the engine: when its version changes, these tell what became different.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readDateTime, readTime } from '../../src/form/answering.js'
import { GUIDANCE_MARK, openForm, takePayload } from '../../src/form/engine.js'
import { open, question, VILLAGES, xform } from './fixture.js'

const photo = (name = 'house.jpg') => new File([new Uint8Array([255, 216, 255, 1, 2, 3])], name, { type: 'image/jpeg' })

async function draftOf(form) {
  const { xml, files } = await takePayload(form)
  const data = new FormData()
  data.set('xml_submission_file', new File([await xml.text()], 'anything.xml', { type: 'text/xml' }))
  for (const file of files) data.set(file.name, file)
  return data
}

async function recordOf(form) {
  return (await takePayload(form)).xml.text()
}

describe('a new record', () => {
  it('knows the form, its version and its languages', async () => {
    const form = await open('kinds')
    expect(form).toMatchObject({ title: 'Kinds', formId: 'kinds', version: '7', warnings: [] })
    expect(form.languages).toEqual([
      { name: 'English (en)', code: 'en', isDefault: true },
      { name: '中文 (zh)', code: 'zh', isDefault: false },
    ])
  })

  it('has an instance id, in the record as in the payload', async () => {
    const form = await open('kinds')
    const { instanceId, xml } = await takePayload(form)
    expect(instanceId).toMatch(/^uuid:[0-9a-f-]{36}$/)
    expect(await xml.text()).toContain(`<instanceID>${instanceId}</instanceID>`)
  })

  it('counts what is required and what breaks a constraint as violations', async () => {
    const form = await open('kinds')
    expect((await takePayload(form)).violations).toBe(1)
    question(form, 'whole').setValue('150')
    expect((await takePayload(form)).violations).toBe(2)
  })

  it('opens though a file of choices is missing, and says so', async () => {
    const form = await open('kinds', { files: {} })
    expect(form.warnings).toEqual([{ kind: 'missing-file', file: 'villages.csv' }])
    expect(question(form, 'village').currentState.valueOptions).toHaveLength(0)
  })

  it('opens though a file cannot be fetched at all', async () => {
    const media = () => Promise.reject(new Error('no network'))
    const form = await openForm({ xml: xform('kinds'), media, start: { kind: 'new' } })
    expect(form.warnings).toHaveLength(1)
  })

  it('offers the choices of a file', async () => {
    const form = await open('kinds')
    expect(question(form, 'village').currentState.valueOptions.map((item) => item.value)).toEqual(['v1', 'v2'])
  })

  it('is refused with an error where the XForm is none', async () => {
    await expect(openForm({ xml: '<html/>', media: async () => new Response(''), start: { kind: 'new' } })).rejects.toThrow()
  })
})

describe('answers', () => {
  it('that the engine refuses become blank without an error', async () => {
    const form = await open('kinds')
    const refused = { hour: '12:30', moment: '2026-11-30T10:00', day: '2026-10', part: '1,5', whole: '12345678901' }
    for (const [name, value] of Object.entries(refused)) {
      const node = question(form, name)
      node.setValue(value)
      expect([name, node.currentState.instanceValue]).toEqual([name, ''])
    }
  })

  it('lose their fraction in a whole number', async () => {
    const node = question(await open('kinds'), 'whole')
    node.setValue('1.5')
    expect(node.currentState.instanceValue).toBe('1')
    expect(node.currentState.value).toBe(1n)
  })

  it('of time boxes are kept once they have seconds and offset', async () => {
    const form = await open('kinds')
    question(form, 'hour').setValue(readTime('12:30'))
    question(form, 'moment').setValue(readDateTime('2026-11-30T10:00'))
    expect(question(form, 'hour').currentState.instanceValue).toMatch(/^12:30:00\.000([+-]\d\d:\d\d|Z)$/)
    expect(question(form, 'moment').currentState.instanceValue).toMatch(/^2026-11-30T10:00:00\.000([+-]\d\d:\d\d|Z)$/)
  })

  it('of choices, ranks and ticks come out as XForms writes them', async () => {
    const form = await open('kinds')
    question(form, 'one').selectValues(['no'])
    question(form, 'many').selectValues(['no', 'yes'])
    question(form, 'order').setValues(['no', 'yes'])
    question(form, 'seen').setValue(true)
    const xml = await recordOf(form)
    for (const part of ['<one>no</one>', '<many>yes no</many>', '<order>no yes</order>', '<seen>OK</seen>']) expect(xml).toContain(part)
  })
})

describe('texts', () => {
  it('follow the language at any time', async () => {
    const form = await open('kinds')
    const node = question(form, 'one')
    expect(node.currentState.label.asString).toBe('One')
    form.root.setLanguage(form.root.languages[1])
    expect(node.currentState.label.asString).toBe('单选')
    expect(node.currentState.valueOptions[0].label.asString).toBe('是')
  })

  it('of messages are in the language of the form', async () => {
    const form = await open('kinds')
    question(form, 'whole').setValue('100')
    form.root.setLanguage(form.root.languages[1])
    expect(question(form, 'whole').validationState.violation.message.asString).toBe('请小于 100。')
  })

  it('of guidance are marked off from the hint, with their answers in them', async () => {
    const form = await open('kinds')
    question(form, 'whole').setValue('42')
    const [hint, guidance] = question(form, 'word').currentState.hint.asString.split(GUIDANCE_MARK)
    expect([hint, guidance.trim()]).toEqual(['As on the card', 'Ask for 42.'])
  })

  it('of guidance may stand before the hint in the XForm', async () => {
    const xml = xform('kinds').replace(/(<value>As on the card<\/value>)(<value form="guidance">.*?<\/value>)/, '$2$1')
    expect(xml).not.toBe(xform('kinds'))
    const form = await openForm({ xml, media: async () => new Response(VILLAGES), start: { kind: 'new' } })
    expect(question(form, 'word').currentState.hint.asString).toMatch(/^As on the card/)
  })

  it('name the picture of a label, and no address stands among the words', async () => {
    const { label } = question(await open('kinds'), 'word').currentState
    expect(label.asString).toBe('A **word**')
    expect(label.imageSource.pathname).toMatch(/house\.png$/)
  })
})

describe('a draft', () => {
  afterEach(() => vi.useRealTimers())

  it('opens again with its answers, its id and its photo, which is sent though nobody touched it', async () => {
    const form = await open('kinds')
    question(form, 'word').setValue('roof')
    question(form, 'photo').setValue(photo())
    const before = await takePayload(form)

    const again = await open('kinds', { start: { kind: 'restore', data: await draftOf(form) } })
    await vi.waitFor(() => expect(question(again, 'photo').currentState.value).not.toBeNull())
    question(again, 'word').setValue('wall')
    const after = await takePayload(again)

    expect(after.instanceId).toBe(before.instanceId)
    expect(after.files.map((file) => file.name)).toEqual(before.files.map((file) => file.name))
    expect(new Uint8Array(await after.files[0].arrayBuffer())).toEqual(new Uint8Array([255, 216, 255, 1, 2, 3]))
    expect(await after.xml.text()).toContain(`<photo>${after.files[0].name}</photo>`)
  })

  it('gives each of two photos taken at once a name of its own', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const form = await open('rows')
    question(form, 'picture').setValue(photo())
    const range = form.root.currentState.children.find((node) => node.nodeType === 'repeat-range:uncontrolled')
    range.addInstances()
    question(form, 'picture', 1).setValue(photo())
    const { files } = await takePayload(form)
    expect(new Set(files.map((file) => file.name)).size).toBe(2)
  })

  it('keeps the name of a file that it lacks', async () => {
    const form = await open('kinds')
    question(form, 'photo').setValue(photo())
    const data = await draftOf(form)
    const [name] = [...data.keys()].filter((key) => key !== 'xml_submission_file')
    data.delete(name)
    const again = await open('kinds', { start: { kind: 'restore', data } })
    expect(await recordOf(again)).toContain(`<photo>${name}</photo>`)
  })

  it('sends no photo of a question that is not asked any more', async () => {
    const form = await open('rows')
    question(form, 'picture').setValue(photo())
    const range = form.root.currentState.children.find((node) => node.nodeType === 'repeat-range:uncontrolled')
    range.removeInstances(0)
    expect((await takePayload(form)).files).toEqual([])
  })
})

describe('an edit', () => {
  async function edit(files) {
    const form = await open('kinds')
    question(form, 'word').setValue('roof')
    question(form, 'photo').setValue(photo())
    const { instanceId, xml } = await takePayload(form)
    const text = await xml.text()
    const [, name] = /<photo>([^<]+)</.exec(text)
    const start = { kind: 'edit', xml: text, files: new Map(files(name)) }
    return { instanceId, name, edited: await open('kinds', { start }) }
  }

  it('gets an id of its own and names the record that it replaces', async () => {
    const { instanceId, edited } = await edit((name) => [[name, async () => new Response(photo())]])
    const taken = await takePayload(edited)
    expect(taken.instanceId).not.toBe(instanceId)
    expect(await taken.xml.text()).toContain(`<deprecatedID>${instanceId}</deprecatedID>`)
  })

  it('names a file that is taken anew otherwise than the one before', async () => {
    const { name, edited } = await edit((file) => [[file, async () => new Response(photo())]])
    await vi.waitFor(() => expect(question(edited, 'photo').currentState.value).not.toBeNull())
    expect((await takePayload(edited)).files.map((file) => file.name)).toEqual([name])
    question(edited, 'photo').setValue(photo(name))
    const [taken] = (await takePayload(edited)).files
    expect(taken.name).not.toBe(name)
  })

  it('keeps the name of a file that could not be fetched', async () => {
    const { name, edited } = await edit((file) => [[file, async () => new Response('', { status: 503 })]])
    await vi.waitFor(() => expect(question(edited, 'photo').currentState.attachmentState.loading).toBe(false))
    expect(await recordOf(edited)).toContain(`<photo>${name}</photo>`)
  })
})

describe('traps of 0.22.0', () => {
  it('sum() over a blank is no number; the cure that we recommend is 0', async () => {
    const form = await open('rows')
    question(form, 'size').setValue('2')
    const value = (name) => question(form, name).currentState.instanceValue
    expect([value('total'), value('cured')]).toEqual(['', '0'])
    question(form, 'income', 0).setValue('5')
    expect([value('total'), value('cured')]).toEqual(['', '5'])
  })

  it('a count that falls takes its rows with it', async () => {
    const form = await open('rows')
    question(form, 'size').setValue('2')
    question(form, 'name', 1).setValue('Wei')
    question(form, 'size').setValue('1')
    question(form, 'size').setValue('2')
    expect(question(form, 'name', 1).currentState.instanceValue).toBe('')
  })
})

describe('on plain http', () => {
  afterEach(() => vi.unstubAllGlobals())

  it('a form opens though the browser has no crypto.randomUUID', async () => {
    vi.resetModules()
    const bare = { getRandomValues: crypto.getRandomValues.bind(crypto) }
    vi.stubGlobal('crypto', bare)
    const fresh = await import('../../src/form/engine.js')
    const form = await fresh.openForm({ xml: xform('kinds'), media: async () => new Response(VILLAGES), start: { kind: 'new' } })
    expect((await fresh.takePayload(form)).instanceId).toMatch(/^uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})
