import { ref } from 'vue'

// Where we are is in the fragment: #drafts, #fill=KEY, #new=FORM, #correct=INSTANCE; the service worker sees one address only.
//
// Entries of the browser's history are numbered (`at`), so that we know which way the phone's Back button went, and how far. An open
// interview has one for each page before the one on the screen, and Back takes one away. They are laid when somebody turns a page, never when
// somebody goes back: browsers pass over entries that a page laid without being touched, and would leave the form.
const MOST_ENTRIES = 30
const PATIENCE = 1_000
const FILLING = ['fill', 'new', 'correct']

const read = () => {
  const [, name, argument] = /^#?([a-z]*)(?:=(.*))?$/.exec(location.hash) ?? ['', '', '']
  return { name: name || 'home', argument: argument ? decodeURIComponent(argument) : '' }
}

export const route = ref(read())
export const isFilling = ({ name }) => FILLING.includes(name)

let at = history.state?.at ?? 0
let open = null
let turn = Promise.resolve()
if (!history.state) history.replaceState({ at }, '')

const show = () => (route.value = read())

/** Go to a page; with `replace`, the present one is not kept for the back button. */
export function go(name, argument = '', { replace = false } = {}) {
  const hash = `#${name === 'home' ? '' : name}${argument ? `=${encodeURIComponent(argument)}` : ''}`
  if (!replace) at += 1
  history[replace ? 'replaceState' : 'pushState']({ at }, '', hash)
  show()
}

/** Which interview the present entry belongs to, '' where none: a reload, or Forward from the list, finds it again by that. */
export const interviewHere = () => history.state?.interview ?? ''

/**
 * The interview `key` is on the screen until `close` or `end`.
 *
 * `step(by)` does what Back (-1) and Forward (1) mean in it, and resolves to 'turned', 'stayed' (something was closed instead) or 'first' (there
 * is no page before). `mayLeave()` resolves to whether it can be left without loss.
 */
export function openInterview(key, { step, mayLeave }) {
  const floor = history.state.interview === key ? history.state.floor : at
  let hash = location.hash
  const mine = {
    key,
    step,
    mayLeave,
    mark: (method = 'replaceState') => history[method]({ at, interview: key, floor }, '', hash),
    /** The present entry too stands at the interview's address; nothing where Back has left it meanwhile. */
    freshen: () => interviewHere() === key && history.replaceState(history.state, '', hash),
    /** The same page under another address. */
    rename(to) {
      hash = to
      mine.freshen()
    },
    /** As many pages stand before the one on the screen. */
    reach(pages) {
      while (open === mine && at - floor < Math.min(pages, MOST_ENTRIES)) {
        at += 1
        mine.mark('pushState')
      }
    },
    end() {
      if (open === mine) open = null
    },
    /** To where the interview was opened from; with `home`, to the list of forms. */
    async close({ home = false } = {}) {
      mine.end()
      await travel(Math.max(0, floor - 1) - at)
      if (home || !floor || isFilling(read())) go('home', '', { replace: true })
      else show()
    },
  }
  open = mine
  mine.mark()
  return mine
}

function travel(by) {
  if (!by) return null
  at += by
  const arrived = new Promise((resolve) => {
    window.addEventListener('popstate', resolve, { once: true })
    setTimeout(resolve, PATIENCE)
  })
  history.go(by)
  return arrived
}

async function settle(by, inside) {
  if (!open) return show()
  // We went there ourselves.
  if (!by) return
  // Out of the interview in one step, be it that the browser passed over its entries: still one press of Back.
  const outcome = inside || by < 0 ? await open.step(inside ? by : -1) : 'first'
  if (outcome === 'first') {
    if (!(await open.mayLeave())) return travel(-by)
    if (inside) return open.close()
    open.end()
    return show()
  }
  if (outcome === 'stayed' || !inside) return travel(-by)
  open?.freshen()
}

window.addEventListener('popstate', () => {
  // An address that was typed or pasted.
  if (history.state?.at === undefined) history.replaceState({ at: at + 1 }, '')
  const by = history.state.at - at
  const inside = Boolean(open) && history.state.interview === open.key
  at += by
  turn = turn.then(() => settle(by, inside)).catch((error) => console.error(error))
})
