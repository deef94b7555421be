import { createRequire } from 'node:module'
import { JSDOM } from 'jsdom'
import { openForm } from '../../src/form/engine.js'
import { leaves } from '../../src/form/pages.js'

// The engine expects a browser's classes of documents around it. Files, forms and answers are Node's own, which are complete.
const LENT = /^(DOMParser|XMLSerializer|XPath\w*|Node\w*|Document|XMLDocument|Element|Attr|CharacterData|Text|CDATASection|Comment|ProcessingInstruction|NamedNodeMap|HTML\w*|document)$/
const { window } = new JSDOM('')
for (const name of Object.getOwnPropertyNames(window)) if (LENT.test(name)) globalThis[name] = window[name]
// Outside a browser one of the engine's libraries, built for CommonJS, asks for these on loading.
globalThis.__dirname = '/'
globalThis.require = createRequire('file:///')

const XFORMS = import.meta.glob('./fixtures/*.xml', { query: '?raw', import: 'default', eager: true })

/** The XForm that `tests/fill/form_fixtures.py` made from `<name>.md`. */
export function xform(name) {
  return XFORMS[`./fixtures/${name}.xml`]
}

export const VILLAGES = 'name,label\nv1,Upper village\nv2,Lower village\n'

/** Opens a fixture; `files` are its media by name. */
export function open(name, { start = { kind: 'new' }, files = { 'villages.csv': VILLAGES } } = {}) {
  const media = async (file) => (file in files ? new Response(files[file]) : new Response('', { status: 404 }))
  return openForm({ xml: xform(name), media, start, preload: { username: 'ann', deviceID: 'test:1' } })
}

/** The first question of this name. */
export function question(form, name, row = 0) {
  const found = [...leaves(form.root)].filter((node) => node.currentState.reference.endsWith(`/${name}`))
  return found[row]
}

/** The first node of this name, groups and repeats too. */
export function part(form, name) {
  const search = (node) =>
    node.currentState.reference.endsWith(`/${name}`) ? node : (node.currentState.children ?? []).map(search).find(Boolean)
  return search(form.root)
}
