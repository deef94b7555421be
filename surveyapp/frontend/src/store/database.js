import { openDB } from 'idb'

// What a phone keeps. Lists are drawn from `records` and `forms`; whatever is large lies in `blobs` and `files`, so that
// a list of forty interviews does not load their photos.
//
//   settings    name → value                       of this phone: language, device id, leases
//   identities  id → who fills on this phone       address of the server, PIN
//   forms       key → a form version               title, hash, names and hashes of its media
//   files       hash → bytes                       XForms and media
//   records     key → an interview                 draft, queued, sending, sent, rejected
//   blobs       [record, 'xml' | name] → bytes     its XML and its attachments
//
// Bytes are ArrayBuffers, not Blobs: Safari keeps no Blob in a private window. Phones from
// before this was so have Blobs; new File([either]) and new Response(either) read both.
const NAME = 'surveyapp-fill'

// Answers must be on the disk, not in a cache of the browser, before we say "saved".
export const DURABLE = { durability: 'strict' }

/** The phone's database. Closes when a newer version of the app, in another tab, wants to change it. */
export function openDatabase(name = NAME) {
  return openDB(name, 1, {
    upgrade(db) {
      db.createObjectStore('settings')
      db.createObjectStore('identities', { keyPath: 'id' })
      db.createObjectStore('forms', { keyPath: 'key' }).createIndex('identity', 'identity')
      db.createObjectStore('files')
      db.createObjectStore('records', { keyPath: 'key' }).createIndex('identity', 'identity')
      db.createObjectStore('blobs')
    },
    blocking(_current, _blocked, event) {
      event.target.close()
    },
  })
}

/** Sixteen random bytes as a name, also where the page is not secure and crypto.randomUUID does not exist. */
export function makeId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
