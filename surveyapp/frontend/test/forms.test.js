// @vitest-environment node
import { beforeEach, expect, test } from 'vitest'
import { getForm, listForms, mediaReader, readXForm } from '../src/store/forms.js'
import { getIdentity } from '../src/store/identities.js'
import { deleteRecord, makeDraft, saveDraft } from '../src/store/records.js'
import { refreshForms } from '../src/sync/forms.js'
import { connect, parseFormList, parseManifest } from '../src/sync/server.js'
import { newDatabase, payload, person } from './phone_fixture.js'

let db, me, office
beforeEach(async () => {
  db = await newDatabase()
  me = await person(db)
  office = { forms: [], gets: [], down: false, status: 200 }
})

const ours = { 'X-OpenRosa-Version': '1.0' }
const answerXml = (body) => new Response(body, { headers: { ...ours, 'Content-Type': 'text/xml' } })

/** Serves `office.forms`: [{version, xml, media: {name: text}}]. */
async function request(path) {
  if (office.down) throw new TypeError('Failed to fetch')
  if (office.status !== 200) return new Response('', { status: office.status, headers: ours })
  office.gets.push(path)
  const at = (rest) => `https://public.example/c/t/${rest}`
  if (path.endsWith('/formList')) {
    const entries = office.forms.map(
      ({ version, hash }) =>
        `<xform><formID>people</formID><name>A &amp; B</name><version>${version}</version><hash>${hash}</hash>` +
        `<downloadUrl>${at(version)}/form.xml</downloadUrl><manifestUrl>${at(version)}/manifest</manifestUrl></xform>`,
    )
    return answerXml(`<xforms xmlns="http://openrosa.org/xforms/xformsList">${entries.join('')}</xforms>`)
  }
  const [, version, file] = /\/c\/t\/([^/]+)\/(.*)$/.exec(path)
  const form = office.forms.find((one) => one.version === version)
  if (file === 'form.xml') return answerXml(form.xml)
  if (file === 'manifest') {
    const entries = Object.entries(form.media).map(
      ([name, text]) => `<mediaFile><filename>${name}</filename><hash>md5:${text}</hash><downloadUrl>${at(version)}/${name}</downloadUrl></mediaFile>`,
    )
    return answerXml(`<manifest xmlns="http://openrosa.org/xforms/xformsManifest">${entries.join('')}</manifest>`)
  }
  if (!(file in form.media)) return new Response('', { status: 404, headers: ours })
  return new Response(form.media[file], { headers: { ...ours, 'Content-Type': 'text/csv' } })
}

const DAY = 86_400_000
const refresh = (now = Date.now()) => refreshForms({ db, identity: me, server: connect('t', { deviceId: 'd', request }), locks: null, now: () => now })
const publish = (version, media = {}) => (office.forms = [{ version, hash: `md5:${version}`, xml: `<h:html>${version}</h:html>`, media }])
const versions = async () => (await listForms(db, me.id)).map((form) => [form.version, form.listed])

test('forms come with their files, from where we are and not from the address in the list', async () => {
  publish('1', { 'villages.csv': 'name,label' })
  expect(await refresh()).toMatchObject({ fetched: 1, stopped: null })
  const [form] = await listForms(db, me.id)
  expect(form).toMatchObject({ formId: 'people', version: '1', title: 'A & B', listed: true })
  expect(await readXForm(db, form)).toBe('<h:html>1</h:html>')
  const read = mediaReader(db, form)
  const found = await read('villages.csv')
  expect([found.status, found.headers.get('Content-Type'), await found.text()]).toEqual([200, 'text/csv', 'name,label'])
  expect((await read('none.csv')).status).toBe(404)
})

test('what is here is not fetched again; a file that changed is', async () => {
  publish('1', { 'villages.csv': 'old', 'other.csv': 'same' })
  await refresh()
  office.gets = []
  expect(await refresh()).toMatchObject({ fetched: 0 })
  expect(office.gets.filter((path) => !/formList|manifest/.test(path))).toEqual([])
  publish('1', { 'villages.csv': 'new', 'other.csv': 'same' })
  office.gets = []
  expect(await refresh()).toMatchObject({ fetched: 1 })
  expect(office.gets.filter((path) => !/formList|manifest/.test(path))).toEqual(['/c/t/1/villages.csv'])
  expect(await db.count('files')).toBe(3)
})

test('an old version stays as long as an unfinished interview needs it, and no longer', async () => {
  publish('1', { 'villages.csv': 'old' })
  await refresh()
  const [old] = await listForms(db, me.id)
  const draft = await saveDraft(db, makeDraft(old), payload('one'))
  publish('2')
  await refresh()
  expect(await versions()).toEqual([['1', false], ['2', true]])
  expect(await (await mediaReader(db, await getForm(db, old.key))('villages.csv')).text()).toBe('old')
  await deleteRecord(db, draft.key)
  await refresh(Date.now() + 3 * DAY)
  expect(await versions()).toEqual([['2', true]])
  expect(await db.count('files')).toBe(1)
})

test('a version that is replaced before the first answer of its interview is there for it', async () => {
  publish('1')
  await refresh()
  const [old] = await listForms(db, me.id)
  const begun = makeDraft(old)
  publish('2')
  await refresh()
  await saveDraft(db, begun, payload('one'))
  await refresh(Date.now() + 3 * DAY)
  expect(await versions()).toEqual([['1', false], ['2', true]])
})

test('a form whose files cannot all be had is not listed, and keeps no other form away', async () => {
  publish('1', { 'villages.csv': 'x' })
  const broken = { version: '2', hash: 'md5:2', xml: '<broken/>', media: {} }
  Object.defineProperty(broken, 'media', { get: () => new Proxy({ 'lost.csv': 'y' }, { has: () => false }) })
  office.forms.unshift(broken)
  expect(await refresh()).toMatchObject({ fetched: 1, failed: [{ title: 'A & B' }] })
  expect(await versions()).toEqual([['1', true]])
})

test('without the server everything stays', async () => {
  publish('1')
  await refresh()
  office.down = true
  expect(await refresh()).toMatchObject({ stopped: 'network' })
  expect(await versions()).toEqual([['1', true]])
})

test('a phone that was shut out keeps its forms', async () => {
  publish('1')
  await refresh()
  office.status = 403
  expect(await refresh()).toMatchObject({ stopped: 'admission' })
  expect(await versions()).toEqual([['1', true]])
  expect(await getIdentity(db, me.id)).toMatchObject({ state: 'revoked' })
})

test('lists and manifests are read whatever prefix they use', () => {
  const list = '<x:xforms xmlns:x="http://openrosa.org/xforms/xformsList"/>'
  expect(parseFormList(list)).toEqual([])
  expect(parseManifest('<manifest xmlns="http://openrosa.org/xforms/xformsManifest"></manifest>')).toEqual([])
})
