const TOKEN = /^[\w-]{20,200}$/

/**
 * The token of what somebody pasted or opened: a link `…/fill/#enrol=TOKEN`, a server address `…/c/TOKEN`, or the token
 * alone. {token}, {other: origin} where it belongs to another server, or {bad: true}.
 */
export function readAddress(text, origin) {
  const pasted = text.trim()
  if (TOKEN.test(pasted)) return { token: pasted }
  let url
  try {
    url = new URL(pasted)
  } catch {
    return { bad: true }
  }
  const token = tokenOfHash(url.hash) ?? /\/c\/([^/]+)\/?$/.exec(url.pathname)?.[1]
  if (!token || !TOKEN.test(token)) return { bad: true }
  return url.origin === origin ? { token } : { other: url.origin }
}

/** The token of a fragment `#enrol=TOKEN`; undefined in any other. A fragment never leaves the browser. */
export const tokenOfHash = (hash) => /^#enrol=([\w-]+)$/.exec(hash)?.[1]
