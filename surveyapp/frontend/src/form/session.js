// One opened form on the screen: answers are set here and nowhere else, so that nothing is lost unseen.
import { inject, provide, reactive, shallowReactive } from 'vue'
import { answerOf, hasAnswers, put, putBack, takeAnswers } from './rows.js'
import { leaves } from './pages.js'

// The engine makes rows at once: 200 take most of a second, 3,000 freeze the phone.
const MANY_ROWS = 50
const MOST_ROWS = 500
const KEY = Symbol('form session')

/**
 * What the screen of one form shares.
 *
 * @param {object} form  as `openForm` returns it
 * @param {() => void} changed  called after every answer
 * @param {number} largestFile  bytes; a larger file is not taken
 * @returns {object} the session: `answer`, `addRow`, `removeRow`, `problemOf`, `touch`; `dialog` and `notice` are what is to be asked or told
 */
export function createSession(form, changed, largestFile = Infinity) {
  const session = {
    form,
    largestFile,
    // Ids of the questions whose problems are shown.
    touched: shallowReactive(new Set()),
    // By id of a question: what was typed and not taken, and why.
    refusals: shallowReactive(new Map()),
    openRows: shallowReactive(new Set()),
    // Ids of the repeats that were on the screen once.
    seenRepeats: new Set(),
    shown: reactive({ dialog: null, notice: null, advance: null, language: '' }),
    media: mediaCache(form.media),
    // What ends a drawing, a recording, a scan that is going on, and keeps what there is of it; may be async.
    closers: new Set(),
  }
  session.changed = changed
  session.touch = (node) => session.touched.add(node.nodeId)
  session.answer = (node, answer, typed) => setAnswer(session, node, answer, typed)
  session.refuse = (node, kind, typed) => refuse(session, node, kind, typed)
  session.problemOf = (node) => problemOf(session, node)
  session.ask = (question) => ask(session, question)
  session.say = (notice) => (session.shown.notice = notice)
  session.addRow = (range) => addRow(session, range)
  session.removeRow = (range, row, question) => removeRow(session, range, row, question)
  return session
}

/** Lets everything below this component `useSession`. */
export function provideSession(session) {
  provide(KEY, session)
}

/** The session around this component. */
export function useSession() {
  return inject(KEY)
}

/**
 * Sets an answer; resolves with null where it was taken, or with why not: `declined`, or the kind of the refusal.
 * `typed` is what stands in the box, kept with a refusal.
 */
async function setAnswer(session, node, answer, typed = '') {
  const feeds = session.form.countFeeds.get(node.currentState.reference.replace(/\[\d+\]/g, ''))
  return feeds ? answerCount(session, node, answer, typed, feeds) : settle(session, node, answer, typed)
}

function settle(session, node, answer, typed) {
  const given = answer !== '' && answer !== null && answer !== false && answer.length !== 0
  try {
    put(node, answer)
  } catch (error) {
    return refuse(session, node, 'failed', typed, error)
  }
  if (given && node.currentState.instanceValue === '') return refuse(session, node, 'blanked', typed)
  session.refusals.delete(node.nodeId)
  session.changed()
  return null
}

function refuse(session, node, kind, typed, error) {
  if (error) console.error(error)
  session.refusals.set(node.nodeId, { kind, typed })
  session.changed()
  return kind
}

// A count is obeyed before its constraint is looked at, and rows that it drops are gone: so we look before.
async function answerCount(session, node, answer, typed, feeds) {
  const ranges = rangesFed(session.form.root, node, feeds)
  const wanted = Number(answer)
  const isNumber = typeof answer === 'string' && answer !== '' && Number.isFinite(wanted)
  if (isNumber && wanted > MOST_ROWS) return refuse(session, node, 'tooManyRows', typed)
  const rows = Math.max(0, ...ranges.map(({ range }) => range.currentState.children.length))
  if (isNumber && wanted > MANY_ROWS && wanted > rows) {
    if (!(await session.ask({ kind: 'manyRows', number: wanted }))) return 'declined'
  }
  const losing = answeredRowsAtStake(ranges, node, answer, isNumber ? wanted : null)
  if (losing.length && !(await session.ask({ kind: 'fewerRows', number: losing.length }))) return 'declined'
  const before = { answer: answerOf(node), rows: ranges.map(({ range }) => takeAnswers(range)) }
  const refusal = settle(session, node, answer, typed)
  if (refusal) return refusal
  const went = ranges.some(({ range }, index) => before.rows[index].length > range.currentState.children.length)
  if (went && losing.length) session.say({ kind: 'rowsRemoved', undo: () => restore(session, node, before, ranges) })
  return null
}

function restore(session, node, before, ranges) {
  settle(session, node, before.answer, '')
  ranges.forEach(({ range }, index) => putBack(range, before.rows[index]))
  session.changed()
}

function answeredRowsAtStake(ranges, node, answer, wanted) {
  return ranges.flatMap(({ range, direct }) => {
    const rows = range.currentState.children
    if (direct) return wanted === null ? [] : rows.slice(Math.max(0, wanted)).filter(hasAnswers)
    return mayFall(node, answer, wanted) ? rows.filter(hasAnswers) : []
  })
}

// Where the count is computed from the answer we cannot know it beforehand: a smaller answer may give a smaller count.
function mayFall(node, answer, wanted) {
  if (Array.isArray(answer)) return node.currentState.value.some((value) => !answer.includes(value))
  if (wanted === null) return false
  return wanted < Number(node.currentState.instanceValue)
}

function rangesFed(root, node, feeds) {
  const row = rowAround(node)
  const found = []
  const walk = (at) => {
    const { children, reference } = at.currentState
    if (!children) return
    const feed = at.nodeType === 'repeat-range:controlled' && feeds.find((one) => one.repeat === reference.replace(/\[\d+\]/g, ''))
    if (feed) found.push({ range: at, direct: feed.direct })
    children.forEach(walk)
  }
  walk(row ?? root)
  return found
}

function rowAround(node) {
  for (let at = node.parent; at; at = at.parent) if (at.nodeType === 'repeat-instance') return at
  return null
}

/** What is wrong with a question now, whether shown or not: `{kind, message}`, `{kind}` of ours, or null. */
function problemOf(session, node) {
  const refusal = session.refusals.get(node.nodeId)
  if (refusal) return { kind: refusal.kind }
  const violation = node.validationState?.violation
  return violation ? { kind: violation.condition, message: violation.message?.asString || null } : null
}

/** The questions below `nodes` in which something is wrong. */
export function problemsBelow(session, nodes) {
  const wrong = []
  for (const node of nodes) {
    for (const leaf of leaves(node)) {
      if (leaf.nodeType !== 'model-value' && leaf.currentState.relevant && problemOf(session, leaf)) wrong.push(leaf)
    }
  }
  return wrong
}

function ask(session, question) {
  return new Promise((resolve) => {
    session.shown.dialog = {
      ...question,
      reply(yes) {
        session.shown.dialog = null
        resolve(yes)
      },
    }
  })
}

function addRow(session, range) {
  range.addInstances()
  session.openRows.add(range.currentState.children.at(-1).nodeId)
  session.changed()
}

async function removeRow(session, range, row, name) {
  const index = range.currentState.children.indexOf(row)
  if (hasAnswers(row) && !(await session.ask({ kind: 'removeRow', name }))) return false
  const before = takeAnswers(range)
  range.removeInstances(index)
  session.changed()
  session.say({ kind: 'rowRemoved', undo: () => insertRow(session, range, index, before[index]) })
  return true
}

function insertRow(session, range, index, answers) {
  range.addInstances(index - 1)
  putBack(range.currentState.children[index], answers)
  session.changed()
}

/** Pictures, sounds and films of the form's texts, each fetched once. */
function mediaCache(media) {
  const urls = new Map()
  const load = async (file) => {
    const response = await media(file).catch(() => null)
    return response?.ok ? URL.createObjectURL(await response.blob()) : null
  }
  return {
    url(resource) {
      const file = decodeURIComponent(resource.pathname.split('/').pop())
      if (!urls.has(file)) urls.set(file, load(file))
      return urls.get(file)
    },
    async forget() {
      for (const url of await Promise.all(urls.values())) if (url) URL.revokeObjectURL(url)
      urls.clear()
    },
  }
}
