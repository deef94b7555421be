import { makeId } from '../store/database.js'

// Web Locks exist only where the page is secure. Elsewhere a lease in the phone's database does the same: it is taken in
// one transaction, renewed while the work goes on, and runs out by itself when the tab dies.
const LEASE = 20_000
const RENEWAL = 5_000
const OWNER = makeId()

/** The work is being done elsewhere: another tab holds the lock. */
export const HELD_ELSEWHERE = Symbol('held elsewhere')

/** Do `work` while holding the lock `name`; HELD_ELSEWHERE, at once, where somebody else holds it. */
export function withLock(db, name, work, locks = globalThis.navigator?.locks) {
  if (!locks) return withLease(db, name, work)
  return locks.request(`surveyapp:${name}`, { ifAvailable: true }, (lock) => (lock ? work() : HELD_ELSEWHERE))
}

async function withLease(db, name, work) {
  const owner = `${OWNER}:${makeId()}`
  if (!(await takeLease(db, name, owner))) return HELD_ELSEWHERE
  const renewal = setInterval(() => takeLease(db, name, owner), RENEWAL)
  try {
    return await work()
  } finally {
    clearInterval(renewal)
    await dropLease(db, name, owner)
  }
}

async function takeLease(db, name, owner, now = Date.now()) {
  const transaction = db.transaction('settings', 'readwrite')
  const key = `lease:${name}`
  const lease = await transaction.store.get(key)
  const free = !lease || lease.owner === owner || lease.until < now || lease.until > now + LEASE
  if (free) await transaction.store.put({ owner, until: now + LEASE }, key)
  await transaction.done
  return free
}

async function dropLease(db, name, owner) {
  const transaction = db.transaction('settings', 'readwrite')
  const key = `lease:${name}`
  if ((await transaction.store.get(key))?.owner === owner) await transaction.store.delete(key)
  await transaction.done
}

/**
 * Hold the lock `name` until the returned function is called; null where somebody else holds it. A draft is open in one
 * tab only, or two interviews would go out under one instance id.
 */
export function holdLock(db, name, locks = globalThis.navigator?.locks) {
  return new Promise((resolve, reject) => {
    const done = withLock(db, name, () => new Promise((release) => resolve(release)), locks)
    done.then((result) => result === HELD_ELSEWHERE && resolve(null), reject)
  })
}

/** Whether any tab has an interview open; false where that cannot be known. */
export async function anyDraftOpen(locks = globalThis.navigator?.locks) {
  if (!locks?.query) return false
  const { held } = await locks.query()
  return held.some(({ name }) => name.startsWith('surveyapp:draft:'))
}
