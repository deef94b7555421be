// Looks into what the phone web app keeps, and fills its queue; the tests call `phoneStore` in the page.
window.phoneStore = (() => {
  const answered = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })

  async function use(work) {
    const db = await answered(indexedDB.open('surveyapp-fill'))
    try {
      return await work((name, mode = 'readonly') => db.transaction(name, mode).objectStore(name))
    } finally {
      db.close()
    }
  }

  /** How many records are in this state. */
  const count = (state) =>
    use(async (store) => (await answered(store('records').getAll())).filter((one) => one.state === state).length)

  /** Puts copies of the one queued record beside it, with instance ids and photos of their own. */
  const multiply = ({ count, form }) =>
    use(async (store) => {
      const one = (await answered(store('records').getAll())).find((record) => record.state === 'queued')
      const [file] = one.files
      const xml = await new Blob([await answered(store('blobs').get([one.key, 'xml']))]).text()
      const photo = new Uint8Array(await answered(store('blobs').get([one.key, 'file', file.name])))
      for (let i = 0; i < count; i++) {
        const key = `copy-${i}`
        const instanceId = `uuid:${crypto.randomUUID()}`
        const name = `photo-${i}.png`
        const text = xml.replace('id="people"', `id="${form}"`).replace(one.instanceId, instanceId).replace(file.name, name)
        const own = Uint8Array.of(...photo, i)
        await answered(store('blobs', 'readwrite').put(new TextEncoder().encode(text).buffer, [key, 'xml']))
        await answered(store('blobs', 'readwrite').put(own.buffer, [key, 'file', name]))
        const copy = { ...one, key, instanceId, files: [{ ...file, name, size: own.length }], queuedAt: one.queuedAt + i }
        await answered(store('records', 'readwrite').put(copy))
      }
    })

  return { count, multiply }
})()
