// The only file that imports the engine of ODK Web Forms (XPath, relevance, choices, repeats, the record as XML).
import { shallowReactive } from 'vue'
import { countFeeds } from './counts.js'
import { leaves } from './pages.js'

const RECORD = 'xml_submission_file'
// Collect's own time limit for a position that the form asks for by itself.
const POSITION_TIMEOUT_MS = 30_000
// Stands before the guidance hint in the text of a hint: the engine joins both into one.
export const GUIDANCE_MARK = '\uE000'

/**
 * Opens an XForm.
 *
 * @param {{xml: string, media: (fileName: string) => Promise<Response>, start: object, preload?: object}} asked
 * @returns {Promise<object>} the form: root, title, formId, version, languages, warnings, media, countFeeds
 * @throws the engine's error where the form or the record cannot be read
 */
export async function openForm({ xml, media, start, preload = {} }) {
  lendRandomUUID()
  const { loadForm } = await import('@getodk/xforms-engine')
  const warnings = []
  const loaded = await loadForm(readableTexts(xml), {
    fetchFormAttachment: (url) => attachment(url, media, warnings),
    // Otherwise one missing CSV keeps the whole form shut.
    missingResourceBehavior: 'BLANK',
  })
  if (loaded.status === 'failure') throw loaded.error
  const { root } = await instance(loaded, start, settings(preload))
  return { root, ...described(xml), languages: languagesOf(root), warnings, media }
}

/**
 * The record as it stands, for a draft or for the outbox.
 *
 * The engine hands out only the files that changed since a draft was opened again; ours come from the tree.
 *
 * @returns {Promise<{instanceId: string, instanceName: string, xml: File, files: File[], violations: number}>}
 */
export async function takePayload(form) {
  const payload = await form.root.prepareInstancePayload({ payloadType: 'monolithic' })
  const taken = { instanceId: '', instanceName: '', files: [] }
  for (const node of leaves(form.root)) {
    const state = node.currentState
    if (!state.relevant) continue
    if (node.nodeType === 'upload') addFile(taken, node)
    else if (/\/(\w+:)?meta\/(\w+:)?instanceID$/.test(state.reference)) taken.instanceId = state.instanceValue
    else if (/\/(\w+:)?meta\/(\w+:)?instanceName$/.test(state.reference)) taken.instanceName = state.instanceValue
  }
  return { ...taken, xml: payload.data[0].get(RECORD), violations: payload.violations?.length ?? 0 }
}

function addFile(taken, node) {
  const { value } = node.currentState
  if (value) taken.files.push(value)
}

// On plain http there is none, and the engine will not start without it. It also wants a function of no parameters.
function lendRandomUUID() {
  if (typeof crypto.randomUUID === 'function') return
  crypto.randomUUID = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    bytes[6] = (bytes[6] & 0x0f) | 0x40
    bytes[8] = (bytes[8] & 0x3f) | 0x80
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
}

const GUIDANCE_FIRST = /(<value\s+form=(["'])guidance\2\s*>(?:(?!<\/value>)[^])*<\/value>)\s*(<value>(?:(?!<\/value>)[^])*<\/value>)/g

// The engine joins every form of a text into one. Guidance comes last, with a mark by which the screen parts it from its hint again;
// addresses of large pictures and short texts would stand in the label as words.
function readableTexts(xml) {
  return xml
    .replace(GUIDANCE_FIRST, '$3$1')
    .replace(/<value\s+form=(["'])guidance\1\s*>/g, `$&${GUIDANCE_MARK}\n\n`)
    .replace(/<value\s+form=(["'])(?:big-image|short)\1\s*>[^<]*<\/value>/g, '')
}

async function attachment(url, media, warnings) {
  const file = decodeURIComponent(url.pathname.split('/').pop())
  const response = await media(file).catch(() => null)
  if (response?.ok) return response
  if (!warnings.some((warning) => warning.file === file)) warnings.push({ kind: 'missing-file', file })
  return new Response('', { status: 404 })
}

let written = 0

function settings(preload) {
  return {
    // Shallow: nodes, files and dates inside the states are instances of classes, which a deep proxy would break.
    stateFactory: (state) => shallowReactive(state),
    instanceAttachments: {
      // Two photos may be taken within one millisecond of each other.
      fileNameFactory: ({ writtenAt, extension }) => `${writtenAt.getTime()}-${++written}${extension ?? ''}`,
    },
    preloadProperties: preload,
    geolocationProvider: { getLocation: currentLocation },
  }
}

function currentLocation() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) return resolve('')
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve(`${coords.latitude} ${coords.longitude} ${coords.altitude ?? 0} ${coords.accuracy}`),
      () => resolve(''),
      { enableHighAccuracy: true, timeout: POSITION_TIMEOUT_MS },
    )
  })
}

function instance(loaded, start, config) {
  if (start.kind === 'restore') return loaded.restoreInstance({ data: [namedAsKeys(start.data)] }, config)
  if (start.kind === 'edit') {
    const asked = { inputType: 'FORM_INSTANCE_INPUT_RESOLVABLE', resolveInstance: () => start.xml, attachments: start.files }
    return loaded.editInstance(asked, config)
  }
  return loaded.createInstance(config)
}

// The engine wants each file to be named as its key, the record's too.
function namedAsKeys(data) {
  const named = new FormData()
  for (const [key, file] of data.entries()) {
    named.set(key, file.name === key ? file : new File([file], key, { type: file.type }))
  }
  return named
}

function languagesOf(root) {
  return root.languages
    .filter((language) => !language.isSyntheticDefault)
    .map(({ language, locale, isDefault }) => ({ name: language, code: locale?.toString() ?? '', isDefault }))
}

function described(xml) {
  const document = new DOMParser().parseFromString(xml, 'text/xml')
  const [record] = document.getElementsByTagNameNS('*', 'instance')[0]?.children ?? []
  return {
    title: document.getElementsByTagNameNS('*', 'title')[0]?.textContent.trim() ?? '',
    formId: record?.getAttribute('id') ?? '',
    version: record?.getAttribute('version') ?? '',
    countFeeds: countFeeds(document),
  }
}
