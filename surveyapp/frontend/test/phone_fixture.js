// A phone without a browser: its database in memory, a server that answers as it is told.
import 'fake-indexeddb/auto'
import { Window } from 'happy-dom'
import { openDatabase } from '../src/store/database.js'
import { enrol } from '../src/store/identities.js'
import { makeDraft, saveDraft } from '../src/store/records.js'
import { connect } from '../src/sync/server.js'
import { createOutbox } from '../src/sync/outbox.js'

globalThis.DOMParser = new Window().DOMParser

let number = 0

export const newDatabase = () => openDatabase(`phone-${(number += 1)}`)
export const person = (db, more = {}) => enrol(db, { token: 't'.repeat(43), name: 'Phone 1', project: 'Default', ...more })

export function photo(name, size = 1_000) {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31 + number) % 251)
  return new File([bytes], name, { type: 'image/jpeg', lastModified: 1_700_000_000_000 })
}

export function payload(instanceId, files = []) {
  const xml = `<data id="people"><name>${instanceId}</name><meta><instanceID>${instanceId}</instanceID></meta></data>`
  return { instanceId, instanceName: instanceId, xml: new File([xml], 'xml_submission_file', { type: 'text/xml' }), files, violations: 0 }
}

export const FORM = { key: 'form', formId: 'people', version: '1', title: 'People' }

export async function queue(db, identity, instanceId, files = [], now = Date.now()) {
  const draft = makeDraft({ ...FORM, identity: identity.id }, now)
  return saveDraft(db, draft, payload(instanceId, files), { queue: true, now })
}

/** A server that keeps what comes. `script` maps the number of a POST, from 1, or an instance id, to an answer instead. */
export function serverWith(script = {}, { limit = 10_000_000, head = () => answer(204) } = {}) {
  const server = { posts: [], rows: new Map(), heads: 0 }
  const all = () => ({ 'X-OpenRosa-Version': '1.0', 'X-OpenRosa-Accept-Content-Length': String(limit) })
  server.request = async (path, options = {}) => {
    if (options.method === 'HEAD') {
      server.heads += 1
      return finish(head(server.heads), all())
    }
    const xml = await options.body.get('xml_submission_file').text()
    const instanceId = /<instanceID>([^<]*)</.exec(xml)[1]
    const files = [...options.body.keys()].filter((name) => name !== 'xml_submission_file' && name !== '*isIncomplete*')
    server.posts.push({ path, instanceId, xml, files, incomplete: options.body.has('*isIncomplete*') })
    const told = script[server.posts.length] ?? script[instanceId]
    const row = server.rows.get(instanceId)
    const keep = () => server.rows.set(instanceId, { xml, files: [...(row?.files ?? []), ...files] })
    if (told === 'cut after commit') keep()
    if (typeof told === 'string') throw new TypeError('Failed to fetch')
    if (told) return finish(told, all())
    keep()
    return finish(answer(row ? 202 : 201, 'Form received.'), all())
  }
  return server
}

export const answer = (status, words = '', { ours = true, headers = {} } = {}) => ({ status, words, ours, headers })

function finish({ status, words, ours, headers }, all) {
  const body = status === 204 ? null : `<OpenRosaResponse><message>${words}</message></OpenRosaResponse>`
  return new Response(body, { status, headers: { ...(ours ? all : {}), ...headers } })
}

export function outboxOf(db, identity, server, { clock = { now: 0 }, locks } = {}) {
  return createOutbox({
    db,
    identity,
    server: connect(identity.token, { deviceId: 'fill:test', request: server.request }),
    locks,
    now: () => clock.now,
    random: () => 1,
  })
}
