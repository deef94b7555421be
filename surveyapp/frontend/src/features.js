// What this browser, at this address, can do.

/** The app runs from the home screen, not in a tab. */
export const isInstalled = () =>
  globalThis.matchMedia?.('(display-mode: standalone)').matches || globalThis.navigator?.standalone === true

/** An iPhone or an iPad (which calls itself a Mac, with fingers). */
export const isApple = ({ userAgent = '', maxTouchPoints = 0 } = navigator) =>
  /iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)

/** The app can start without a network here. */
export const canStartOffline = () => globalThis.isSecureContext && 'serviceWorker' in navigator

/** {used, free} in megabytes and whether the browser promised to keep it; null where it does not say. */
export async function measureStorage(storage = navigator.storage) {
  if (!storage?.estimate) return null
  const { usage = 0, quota = 0 } = await storage.estimate()
  const megabytes = (bytes) => Math.round(bytes / 1_000_000)
  return { used: megabytes(usage), free: megabytes(quota - usage), kept: (await storage.persisted?.()) ?? false }
}
