// The form screen alone, for the tests: a form goes in through `window.fill.open`, its record comes out of `window.fill.take`.
import { createApp, h, reactive, shallowRef } from 'vue'
import { createI18n } from 'vue-i18n'
import FormScreen from '../FormScreen.vue'
import { openForm, takePayload } from '../engine.js'
import { leaves } from '../pages.js'
import { put } from '../rows.js'
import { barcodeDetector } from '../widgets/barcodes.js'
import en from '../words.en.json'
import zh from '../words.zh.json'
import '../../../../web/static/tokens.css'
import '../../app.css'

const i18n = createI18n({ legacy: false, locale: 'en', fallbackLocale: 'en', messages: { en: { form: en }, zh: { form: zh } } })
const form = shallowRef(null)
const seen = reactive({ language: '', position: '', changed: 0, finished: 0, left: 0 })

const events = {
  onChanged: () => seen.changed++,
  onFinish: () => seen.finished++,
  onLeave: () => seen.left++,
  'onUpdate:position': (position) => (seen.position = position),
  'onUpdate:language': (language) => (i18n.global.locale.value = language),
}

createApp({
  setup: () => () => form.value && h(FormScreen, { key: form.value.formId, form: form.value, language: seen.language, position: seen.position, ...events }),
})
  .use(i18n)
  .mount('#app')

function base64(file) {
  return file.arrayBuffer().then((buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))))
}

async function taken(opened) {
  const payload = await takePayload(opened)
  const files = await Promise.all(payload.files.map(async (file) => ({ name: file.name, type: file.type, content: await base64(file) })))
  return { ...payload, xml: await payload.xml.text(), files }
}

async function start(asked) {
  if (asked.kind !== 'restore') return asked
  const data = new FormData()
  data.set('xml_submission_file', new File([asked.xml], 'xml_submission_file', { type: 'text/xml' }))
  for (const { name, type, content } of asked.files) {
    data.set(name, new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name, { type }))
  }
  return { kind: 'restore', data }
}

const typeOf = (name) => (name.endsWith('.svg') ? 'image/svg+xml' : 'text/csv')
const mediaOf = (files) => async (name) =>
  name in files ? new Response(files[name], { headers: { 'Content-Type': typeOf(name) } }) : new Response('', { status: 404 })

window.fill = {
  seen,
  /** Opens `xml` on the screen; resolves with the milliseconds until it was painted. */
  async open(xml, { language = 'en', media = {}, from = { kind: 'new' } } = {}) {
    form.value = null
    i18n.global.locale.value = language
    Object.assign(seen, { language, position: '', changed: 0, finished: 0, left: 0 })
    const before = performance.now()
    form.value = await openForm({ xml, media: mediaOf(media), start: await start(from), preload: { username: 'ann', deviceID: 'test:1' } })
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    return performance.now() - before
  },
  take: () => taken(form.value),
  /** What the engine has against the record: reference and kind (`required`, `constraint`) of each. */
  complaints: () =>
    [...leaves(form.value.root)]
      .filter((node) => node.currentState.relevant && node.validationState?.violation)
      .map((node) => [node.currentState.reference, node.validationState.violation.condition]),
  /** What the camera's reader sees on a picture, given as base64 of a PNG. */
  async readCode(content) {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))
    const detector = await barcodeDetector()
    const found = await detector.detect(await createImageBitmap(new Blob([bytes], { type: 'image/png' })))
    return found.map((code) => code.rawValue)
  },
  /** What the engine alone makes of the same answers, by reference. */
  async byEngine(xml, answers, media = {}) {
    const opened = await openForm({ xml, media: mediaOf(media), start: { kind: 'new' }, preload: { username: 'ann', deviceID: 'test:1' } })
    for (const [reference, answer] of Object.entries(answers)) {
      const node = [...leaves(opened.root)].find((leaf) => leaf.currentState.reference === reference)
      put(node, answer)
    }
    return taken(opened)
  },
}
