const FILES = ["assets/DrawPad-DJoD_6Kw.js","assets/FormScreen-BWx4eAtm.css","assets/FormScreen-BXPvvrAK.js","assets/dist-BNp3M_sb.js","assets/engine-BBX4qDAY.js","assets/engine-DO0Sy66B.js","assets/engine-WNJF1AA3.js","assets/image-B5KwJEYX.js","assets/index-D1DnmtKd.js","assets/index-DPFjlFRY.css","assets/pages-D1RxrRga.js","assets/ponyfill-DdE6jAwG.js","assets/preload-helper-Bi9TJDYz.js","assets/vue-DF_bmpRA.js","assets/xpath-BFC_2pFy.wasm","assets/xpath-CnpOeN1L.wasm","assets/zxing_reader-pBX9MjlD.js","icon.svg","./","manifest.webmanifest"]
const VERSION = '51bbcf78eebd'
// The app without a network. FILES and VERSION stand above, written by the build.
//
// Only what lies under /fill/ is kept; requests to the server (/c/…) are never touched. A new version waits until the
// page says that no interview is open.
const CACHE = `surveyapp-fill-${VERSION}`
const SCOPE = new URL(self.registration.scope)
const kept = new Set(FILES.map((path) => new URL(path, SCOPE).pathname))

self.addEventListener('install', (event) => {
  const requests = FILES.map((path) => new Request(new URL(path, SCOPE), { cache: 'reload' }))
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(requests)))
})

self.addEventListener('activate', (event) => {
  const tidy = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith('surveyapp-fill-') && name !== CACHE) await caches.delete(name)
    }
    await self.clients.claim()
  }
  event.waitUntil(tidy())
})

self.addEventListener('message', (event) => {
  if (event.data === 'use the new version') self.skipWaiting()
})

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url)
  if (event.request.method !== 'GET' || url.origin !== SCOPE.origin || !url.pathname.startsWith(SCOPE.pathname)) return
  if (event.request.mode === 'navigate') event.respondWith(answer(SCOPE.pathname, event.request))
  else if (kept.has(url.pathname)) event.respondWith(answer(url.pathname, event.request))
  else if (url.pathname.startsWith(`${SCOPE.pathname}assets/`)) event.respondWith(keep(event.request))
})

async function answer(path, request) {
  const cache = await caches.open(CACHE)
  return (await cache.match(path)) ?? fetch(request)
}

// Assets that few forms need (the barcode reader) are kept once they were used.
async function keep(request) {
  const cache = await caches.open(CACHE)
  const known = await cache.match(request)
  if (known) return known
  const response = await fetch(request)
  if (response.ok) await cache.put(request, response.clone())
  return response
}
