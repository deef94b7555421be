// A PIN keeps colleagues who share a phone out of each other's interviews. It does not encrypt: whoever can open the
// browser's files reads them.
const ITERATIONS = 210_000
const FREE_TRIES = 4

export const pinPossible = () => Boolean(globalThis.crypto?.subtle)
export const validPin = (pin) => /^\d{4,6}$/.test(pin)

async function derive(pin, salt, iterations) {
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(pin), 'PBKDF2', false, ['deriveBits'])
  const bits = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations }, key, 256)
  return new Uint8Array(bits)
}

/** What is kept of a PIN. */
export async function hashPin(pin) {
  const salt = crypto.getRandomValues(new Uint8Array(16))
  return { salt, iterations: ITERATIONS, hash: await derive(pin, salt, ITERATIONS), wrong: 0, waitUntil: 0 }
}

/** Whether `pin` is the one that `kept` is of. */
export async function isPin(pin, kept) {
  const hash = await derive(pin, kept.salt, kept.iterations)
  return hash.every((byte, i) => byte === kept.hash[i])
}

/** `kept` after a wrong try: from the fifth on, the next try waits, twice as long each time, at most an hour. */
export function afterWrongPin(kept, now = Date.now()) {
  const wrong = kept.wrong + 1
  const wait = wrong > FREE_TRIES ? Math.min(3_600_000, 15_000 * 2 ** (wrong - FREE_TRIES - 1)) : 0
  return { ...kept, wrong, waitUntil: now + wait }
}
