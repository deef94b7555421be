// The server as this phone sees it: OpenRosa over fetch, at the address of its token. What an answer means for the queue
// is decided in outbox.js.

const OURS = 'X-OpenRosa-Version'
// The server and what stands before it may each say the date.
const DATE_LETTERS = 'Mon, 23 Nov 2026 22:06:22 GMT'.length
// What the office sees of us; a browser's own name says nothing.
const CLIENT = `fill/${__APP_VERSION__}`
// The server's own default; it says its real one with every answer.
export const USUAL_LIMIT = 10_000_000

/** Nobody answered, or somebody who is not our server (the login page of a Wi-Fi, a proxy). */
export class Unreachable extends Error {
  constructor(reason) {
    super(reason)
    this.reason = reason
  }
}

/** The token is unknown or was revoked. */
export class NotAdmitted extends Error {}

/** The server answered, and not with what was asked for. */
export class BadAnswer extends Error {
  constructor(status, words) {
    super(words || String(status))
    this.status = status
  }
}

// Milliseconds: a minute, and as long as 10 kB a second take, or a part of that where the line is slow. A dead line is to be seen within a minute.
const patience = (bytes, slowness) => 60_000 + Math.round((bytes * slowness) / 10)

export function connect(token, { deviceId, request = (...all) => fetch(...all) }) {
  const base = `/c/${encodeURIComponent(token)}`

  let limit = USUAL_LIMIT
  let skew = 0

  async function ask(path, options = {}, { bytes = 0, slowness = 1 } = {}) {
    let response
    // AbortSignal.timeout would be shorter, and keep old phones (iOS 15, Chrome 102) from ever sending.
    const patient = new AbortController()
    setTimeout(() => patient.abort(), patience(bytes, slowness))
    try {
      response = await request(path, {
        ...options,
        credentials: 'omit',
        cache: 'no-store',
        redirect: 'manual',
        referrerPolicy: 'no-referrer',
        signal: patient.signal,
        headers: { [OURS]: '1.0', 'X-Surveyapp-Client': CLIENT },
      })
    } catch {
      throw new Unreachable('network')
    }
    if (response.type === 'opaqueredirect') throw new Unreachable('portal')
    if (response.headers.get(OURS)) skew = Date.now() - Date.parse(response.headers.get('Date')?.slice(0, DATE_LETTERS)) || 0
    limit = Number(response.headers.get('X-OpenRosa-Accept-Content-Length')) || limit
    return response
  }

  async function read(path) {
    const response = await ask(path)
    if (response.status === 401 || response.status === 403) throw new NotAdmitted()
    if (!response.headers.get(OURS)) throw new Unreachable(response.status >= 500 ? 'server' : 'portal')
    if (response.status >= 500 || response.status === 429) throw new Unreachable('server')
    if (!response.ok) throw new BadAnswer(response.status, await words(response))
    return response
  }

  return {
    /** Bytes that the server takes in one request, as it said last. */
    limit: () => limit,

    /** Milliseconds by which the phone's clock is ahead of the server's, as it said last. */
    skew: () => skew,

    /** {name, project}: what the office calls this phone. */
    device: async () => (await read(`${base}/device`)).json(),

    /** The open forms: [{formId, version, title, hash, path, manifestPath}]. */
    async formList() {
      return parseFormList(await (await read(`${base}/formList`)).text())
    },

    /** The files of a form: [{name, hash, path}]. */
    async manifest(path) {
      return parseManifest(await (await read(path)).text())
    },

    /** A file as Blob. */
    download: async (path) => (await read(path)).blob(),

    /** Interviews that the office sent back, as docs/phone.md describes them; none where the server does not know of it. */
    async returned() {
      const response = await ask(`${base}/returned`)
      return response.ok ? (await response.json()).returned : []
    },

    /** May I send, and how much at once: {status, ours, limit}. */
    async mayISend() {
      const response = await ask(`${base}/submission?deviceID=${encodeURIComponent(deviceId)}`, { method: 'HEAD' })
      return {
        status: response.status,
        ours: Boolean(response.headers.get(OURS)),
        limit,
      }
    },

    /**
     * Send the XML and some of the files: {status, ours, words, retryAfter (seconds), lacking}; `lacking` are the names of files
     * that the server, having the record, still waits for. `slowness` is how many times as long as usual the bytes may take.
     */
    async send(xml, files, { incomplete, slowness }) {
      const body = new FormData()
      body.append('xml_submission_file', new File([xml], 'submission.xml', { type: 'text/xml' }))
      for (const file of files) body.append(file.name, file)
      if (incomplete) body.append('*isIncomplete*', 'yes')
      const bytes = xml.size + files.reduce((sum, file) => sum + file.size, 0)
      const path = `${base}/submission?deviceID=${encodeURIComponent(deviceId)}`
      const response = await ask(path, { method: 'POST', body }, { bytes, slowness })
      return {
        status: response.status,
        ours: Boolean(response.headers.get(OURS)),
        words: await words(response),
        retryAfter: Number(response.headers.get('Retry-After')) || 0,
        lacking: namesIn(response.headers.get('X-Surveyapp-Lacking')),
      }
    },
  }
}

const namesIn = (header) => (header ? header.split(',').map(decodeURIComponent) : [])

async function words(response) {
  let text
  try {
    text = await response.text()
  } catch {
    // The status has arrived, and the status is what counts.
    return ''
  }
  const message = /<message[^>]*>([^<]*)<\/message>/.exec(text)
  return message ? new DOMParser().parseFromString(`<m>${message[1]}</m>`, 'text/xml').documentElement.textContent : ''
}

// The addresses in the list begin with the server's public address. We are on that server, and ask where we are.
const pathOf = (url) => new URL(url, 'http://localhost').pathname

function parseEntries(xml, entry, members) {
  const found = new DOMParser().parseFromString(xml, 'text/xml')
  return [...found.getElementsByTagName(entry)].map((element) => {
    const child = (name) => [...element.children].find((one) => one.localName === name)?.textContent ?? ''
    return Object.fromEntries(members.map((name) => [name, child(name)]))
  })
}

/** A form list (https://docs.getodk.org/openrosa-form-list/). */
export function parseFormList(xml) {
  const members = ['formID', 'name', 'version', 'hash', 'downloadUrl', 'manifestUrl']
  return parseEntries(xml, 'xform', members).map((one) => ({
    formId: one.formID,
    version: one.version,
    title: one.name,
    hash: one.hash,
    path: pathOf(one.downloadUrl),
    manifestPath: one.manifestUrl ? pathOf(one.manifestUrl) : '',
  }))
}

/** A manifest. */
export function parseManifest(xml) {
  return parseEntries(xml, 'mediaFile', ['filename', 'hash', 'downloadUrl']).map((one) => ({
    name: one.filename,
    hash: one.hash,
    path: pathOf(one.downloadUrl),
  }))
}
