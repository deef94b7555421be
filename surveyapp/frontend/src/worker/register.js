import { anyDraftOpen } from '../sync/locks.js'

/**
 * Let the app start without a network; `onWaiting` is called with a function that switches to a new version once one is
 * ready. That function tells false where an interview is open, in whichever tab: its page still needs the old files.
 */
export async function registerWorker(onWaiting) {
  const workers = navigator.serviceWorker
  if (!workers) return
  const registration = await workers.register('/fill/sw.js', { scope: '/fill/', updateViaCache: 'none' })
  let switching = false
  workers.addEventListener('controllerchange', () => switching && location.reload())

  const offer = (worker) =>
    onWaiting(async () => {
      if (await anyDraftOpen()) return false
      switching = true
      worker.postMessage('use the new version')
      return true
    })
  if (registration.waiting && workers.controller) offer(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing
    worker.addEventListener('statechange', () => {
      // Without a controller this is the first visit: nothing older is in use.
      if (worker.state === 'installed' && workers.controller) offer(worker)
    })
  })
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') registration.update().catch(() => {})
  })
}
