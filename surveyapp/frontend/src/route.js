import { ref } from 'vue'

// Where we are is in the fragment: #drafts, #fill=KEY, #new=FORM, #correct=INSTANCE. The phone's back button works, and the
// service worker sees one address only.
const read = () => {
  const [, name, argument] = /^#?([a-z]*)(?:=(.*))?$/.exec(location.hash) ?? ['', '', '']
  return { name: name || 'home', argument: argument ? decodeURIComponent(argument) : '' }
}

export const route = ref(read())
window.addEventListener('hashchange', () => (route.value = read()))

/** Go to a page; with `replace`, the present one is not kept for the back button. */
export function go(name, argument = '', { replace = false } = {}) {
  const hash = `#${name === 'home' ? '' : name}${argument ? `=${encodeURIComponent(argument)}` : ''}`
  if (replace) history.replaceState(null, '', hash)
  else history.pushState(null, '', hash)
  route.value = read()
}
window.addEventListener('popstate', () => (route.value = read()))
