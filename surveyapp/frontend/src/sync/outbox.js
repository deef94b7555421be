import { changeRecord, listRecords, markSent, readPayload } from '../store/records.js'
import { changeIdentity, getIdentity } from '../store/identities.js'
import { Unreachable } from './server.js'
import { HELD_ELSEWHERE, withLock } from './locks.js'
import { planPortions } from './portions.js'

// What the queue does with an answer:
//
//   201, 202                       sent; the only way out of the queue by itself
//   no answer, 5xx, 408, 425, 429  wait, all of them, longer each time; then again
//   401, 403                       stop; the queue stays until the phone is let in again
//   400, 404, 409, 413 and alike   this record is rejected, with the server's words; the others go on
//   an answer of somebody else     as no answer: a Wi-Fi's login page must not empty the queue
const SHORTEST = 1_000
const LONGEST = 60_000
// A line too slow for all photos at once gets far fewer, and twice the time, with each try: at most 2 to this power.
const SLOWEST = 4
const RECEIVED = new Set([201, 202])
const LATER = new Set([408, 425, 429])

/** Milliseconds until the next try after `failures` in a row: 1 s to 60 s, spread by up to a half. */
export function waitAfter(failures, random = Math.random) {
  const whole = Math.min(LONGEST, SHORTEST * 2 ** Math.max(0, failures - 1))
  return Math.round(whole * (0.5 + random() / 2))
}

/** What an answer to a POST says: 'received', 'later', 'stop' or 'rejected'. */
export function judge({ status, ours }) {
  if (status === 401 || status === 403) return ours ? 'stop' : 'later'
  // A proxy in front of the server may refuse for size; waiting would not help.
  if (status === 413) return 'rejected'
  if (!ours || status >= 500 || LATER.has(status)) return 'later'
  if (RECEIVED.has(status)) return 'received'
  return status >= 400 ? 'rejected' : 'later'
}

/**
 * The queue of one person. `server` is what connect() gives.
 *
 * flush() sends what is due and tells {sent, rejected, stopped, waitUntil}: `stopped` is null, 'elsewhere' (another tab
 * sends), 'admission', or the reason why everything waits until `waitUntil`.
 */
export function createOutbox({ db, identity, server, locks, now = Date.now, random = Math.random, onChange = () => {} }) {
  let failures = 0
  let waitUntil = 0

  async function flush({ force = false } = {}) {
    // Further ahead than any wait: the phone's clock was put back.
    if (!force && now() < waitUntil && waitUntil - now() <= LONGEST) return told({ stopped: 'waiting' })
    const result = await withLock(db, `outbox:${identity.id}`, sendAll, locks)
    return result === HELD_ELSEWHERE ? told({ stopped: 'elsewhere' }) : told(result)
  }

  const told = (more) => ({ sent: 0, rejected: 0, stopped: null, ...more, waitUntil })

  async function sendAll() {
    const queue = await due()
    if (!queue.length) return {}
    const counted = { sent: 0, rejected: 0, stopped: null }
    const { limit, stopped } = await knock()
    if (stopped) return { ...counted, stopped }
    for (const { key } of queue) {
      const outcome = await sendOne(key, limit)
      if (outcome === 'sent' || outcome === 'rejected') counted[outcome] += 1
      onChange()
      if (outcome === 'stop') return { ...counted, stopped: 'admission' }
      if (outcome.later) return { ...counted, stopped: outcome.later }
    }
    return counted
  }

  /** Queued records, those with fewer tries first: one that the server stumbles over never holds up the others. */
  async function due() {
    const records = await listRecords(db, identity.id)
    return records
      .filter((one) => one.state === 'queued' || one.state === 'sending')
      .sort((a, b) => a.tries - b.tries || a.queuedAt - b.queuedAt)
  }

  async function knock() {
    let answer
    try {
      answer = await server.mayISend()
    } catch (error) {
      return { stopped: wait(reasonOf(error)) }
    }
    const { status, ours, limit } = answer
    if (ours && (status === 401 || status === 403)) return { stopped: await shutOut() }
    if (!ours || status >= 300) return { stopped: wait(ours ? 'server' : 'portal') }
    if ((await getIdentity(db, identity.id))?.state === 'revoked') await changeIdentity(db, identity.id, { state: 'ok' })
    return { limit }
  }

  async function sendOne(key, limit) {
    const record = await changeRecord(db, key, (one) =>
      // Deleted, reopened or sent by another tab since the list was drawn.
      one.state === 'queued' || one.state === 'sending' ? { state: 'sending', frozen: true } : {},
    )
    if (record?.state !== 'sending') return 'gone'
    onChange()
    try {
      return await sendPortions(key, limit)
    } catch (error) {
      return postpone(key, reasonOf(error), 0, { words: error instanceof Unreachable ? '' : String(error) })
    }
  }

  async function sendPortions(key, limit) {
    const { record, xml, files } = await readPayload(db, key)
    const pending = files.filter((file) => !record.files.find((one) => one.name === file.name).sent)
    const slowness = record.error?.reason === 'network' ? 2 ** Math.min(record.tries, SLOWEST) : 1
    return sendFiles(key, { xml, files, pending, limit: limit / slowness ** 4, slowness })
  }

  async function sendFiles(key, { xml, files, pending, limit, slowness }) {
    const portions = planPortions(pending, xml.size, limit)
    for (const [i, portion] of portions.entries()) {
      const last = i === portions.length - 1
      const answer = await server.send(xml, portion, { incomplete: !last, slowness })
      const verdict = judge(answer)
      if (verdict === 'stop') {
        await changeRecord(db, key, () => ({ state: 'queued' }))
        return shutOut().then(() => 'stop')
      }
      if (verdict === 'later') return postpone(key, answer.ours ? 'server' : 'portal', answer.retryAfter, answer)
      if (verdict === 'rejected') return reject(key, answer)
      if (!last) {
        await markFiles(key, portion, true)
        continue
      }
      // What we took for granted, the server may have lost (put back from a backup) or never had.
      const lost = files.filter((file) => answer.lacking?.includes(file.name) && !pending.includes(file))
      if (lost.length) {
        await markFiles(key, portion, true)
        await markFiles(key, lost, false)
        return sendFiles(key, { xml, files: [], pending: lost, limit, slowness })
      }
      await markSent(db, key, { status: answer.status, words: answer.words, at: now() }, now())
    }
    failures = 0
    return 'sent'
  }

  const markFiles = (key, portion, sent) => {
    const names = new Set(portion.map((file) => file.name))
    return changeRecord(db, key, (one) => ({
      files: one.files.map((file) => (names.has(file.name) ? { ...file, sent } : file)),
    }))
  }

  async function postpone(key, reason, seconds, answer = {}) {
    wait(reason, seconds)
    await changeRecord(db, key, (one) => ({
      state: 'queued',
      tries: one.tries + 1,
      nextTry: waitUntil,
      error: { reason, status: answer.status ?? 0, words: answer.words ?? '', at: now() },
    }))
    return { later: reason }
  }

  async function reject(key, { status, words }) {
    await changeRecord(db, key, (one) => ({
      state: 'rejected',
      tries: one.tries + 1,
      error: { reason: 'refused', status, words, at: now() },
    }))
    return 'rejected'
  }

  function wait(reason, seconds = 0) {
    failures += 1
    waitUntil = now() + Math.max(waitAfter(failures, random), Math.min(seconds * 1_000, LONGEST))
    return reason
  }

  async function shutOut() {
    await changeIdentity(db, identity.id, { state: 'revoked' })
    return 'admission'
  }

  return { flush }
}

// What goes wrong on the phone itself (a photo that cannot be read back) is told with the record, and holds up nobody else.
const reasonOf = (error) => (error instanceof Unreachable ? error.reason : 'phone')
