const WITHOUT_HINT = 60_000
const FORMS_EVERY = 15 * 60_000

// The phone's clock may be put back in the meantime.
const pauseUntil = (moment, now = Date.now()) => (moment ? Math.min(WITHOUT_HINT, Math.max(1_000, moment - now)) : WITHOUT_HINT)

/**
 * When the queue is sent: at the start, when the network seems to be back, when the page is looked at again, when the
 * timer of the last failure ends, and whenever somebody asks. `navigator.onLine` is only a hint: a minute goes by, and it
 * is tried anyway.
 */
export function scheduleSync({ flush, refresh, hasQueue, onState }) {
  let timer = null
  let running = null
  let again = false
  let refreshedAt = 0

  async function run({ force = false } = {}) {
    if (running) {
      again ||= force
      return running
    }
    running = turn(force).finally(() => (running = null))
    const result = await running
    if (again) {
      again = false
      return run({ force: true })
    }
    return result
  }

  async function turn(force) {
    clearTimeout(timer)
    onState({ busy: true })
    let result = { stopped: 'failure', waitUntil: 0 }
    try {
      result = await flush({ force })
    } finally {
      onState({ busy: false, ...result })
      if (result.stopped !== 'admission' && (await hasQueue())) {
        timer = setTimeout(run, pauseUntil(result.waitUntil))
      }
    }
    return result
  }

  async function refreshNow() {
    refreshedAt = Date.now()
    return refresh()
  }

  const look = () => {
    if (document.visibilityState !== 'visible') return
    run()
    if (Math.abs(Date.now() - refreshedAt) > FORMS_EVERY) refreshNow()
  }
  const back = () => {
    run({ force: true })
    refreshNow()
  }
  window.addEventListener('online', back)
  document.addEventListener('visibilitychange', look)
  run()
  refreshNow()
  return {
    sendNow: () => run({ force: true }),
    queued: () => run(),
    refreshNow,
    stop() {
      clearTimeout(timer)
      window.removeEventListener('online', back)
      document.removeEventListener('visibilitychange', look)
    },
  }
}
