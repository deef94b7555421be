import { inject, reactive } from 'vue'
import { openDatabase } from './store/database.js'
import { changeIdentity, deleteIdentity, enrol, getIdentity, listIdentities } from './store/identities.js'
import { listForms, readXForm } from './store/forms.js'
import { deleteOldReceipts, listRecords } from './store/records.js'
import { ensureDeviceId, getSetting, putSetting } from './store/settings.js'
import { createOutbox } from './sync/outbox.js'
import { refreshForms } from './sync/forms.js'
import { scheduleSync } from './sync/schedule.js'
import { connect } from './sync/server.js'
import { fetchAhead } from './worker/ahead.js'

export const KEY = Symbol('phone')
/** The phone of the app. */
export const usePhone = () => inject(KEY)

const WAITING = ['queued', 'sending']

/**
 * What the pages share: `state` to look at, functions that change it. Every tab has one; what another tab changes is heard
 * over a BroadcastChannel and read again from the store.
 */
export async function openPhone() {
  const db = await openDatabase()
  const state = reactive({
    deviceId: await ensureDeviceId(db),
    language: await getSetting(db, 'language'),
    identities: [],
    me: null,
    locked: false,
    forms: [],
    records: [],
    returned: [],
    sync: { busy: false, stopped: null, waitUntil: 0 },
    refreshing: false,
    failedForms: [],
    // Milliseconds by which this phone's clock is ahead of the server's.
    skew: 0,
    update: null,
    install: null,
    notice: '',
    // The key of the interview that was finished last, until another page of a form is opened.
    finished: '',
  })
  const channel = new BroadcastChannel('surveyapp-fill')
  let sync = null

  async function reload() {
    state.identities = await listIdentities(db)
    state.me = state.identities.find((one) => one.id === state.me?.id) ?? null
    const id = state.me?.id
    state.forms = id ? await listForms(db, id) : []
    state.records = id ? await listRecords(db, id) : []
    state.returned = (id && (await getSetting(db, `returned:${id}`))) || []
  }

  async function changed() {
    await reload()
    channel.postMessage('changed')
  }
  channel.onmessage = reload

  const server = () => connect(state.me.token, { deviceId: state.deviceId })

  function startSync() {
    sync?.stop()
    sync = null
    if (!state.me || state.locked) return
    const identity = { id: state.me.id }
    const mine = server()
    const outbox = createOutbox({ db, identity, server: mine, onChange: changed })
    sync = scheduleSync({
      flush: async (how) => {
        const result = await outbox.flush(how)
        await changed()
        return result
      },
      refresh: () => refresh(identity, mine),
      hasQueue: async () => (await listRecords(db, identity.id)).some((one) => WAITING.includes(one.state)),
      onState: (now) => Object.assign(state.sync, now),
    })
  }

  async function refresh(identity, mine) {
    state.refreshing = true
    try {
      const result = await refreshForms({ db, identity, server: mine })
      state.failedForms = result.failed
      state.skew = mine.skew()
      if (result.stopped === 'admission') Object.assign(state.sync, { stopped: 'admission' })
      if (result.stopped) return
      await putSetting(db, `returned:${identity.id}`, await mine.returned().catch(() => []))
      const xforms = await Promise.all((await listForms(db, identity.id)).map((form) => readXForm(db, form)))
      // It will be fetched when a barcode is scanned, or next time.
      fetchAhead(xforms).catch(() => {})
    } finally {
      state.refreshing = false
      await changed()
    }
  }

  /** Become the person `id`; their PIN is asked for first. */
  async function become(id) {
    await putSetting(db, 'me', id)
    state.me = await getIdentity(db, id)
    state.locked = Boolean(state.me?.pin)
    Object.assign(state.sync, { busy: false, stopped: state.me?.state === 'revoked' ? 'admission' : null, waitUntil: 0 })
    await reload()
    startSync()
  }

  const first = await getSetting(db, 'me')
  await deleteOldReceipts(db)
  await reload()
  if (state.identities.length) await become((state.identities.find((one) => one.id === first) ?? state.identities[0]).id)
  window.addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    state.install = event
  })

  return {
    db,
    state,
    server,
    changed,
    become,
    /** Let a person in who brings `token`, and become them. */
    async enrol(person) {
      const identity = await enrol(db, person)
      navigator.storage?.persist?.().catch(() => {})
      await become(identity.id)
      channel.postMessage('changed')
      return identity
    },
    async changeMe(change) {
      await changeIdentity(db, state.me.id, change)
      await changed()
    },
    async forget(id) {
      sync?.stop()
      await deleteIdentity(db, id)
      state.me = null
      await changed()
      if (state.identities.length) await become(state.identities[0].id)
    },
    lock() {
      state.locked = true
      startSync()
    },
    unlock() {
      state.locked = false
      startSync()
    },
    async setLanguage(code) {
      state.language = code
      await putSetting(db, 'language', code)
    },
    sendNow: () => sync?.sendNow(),
    queued: () => sync?.queued(),
    refresh: () => sync?.refreshNow(),
  }
}

/** Days for which the oldest of these records has been waiting to be sent. */
export function daysWaiting(records, now = Date.now()) {
  const since = records.filter((one) => WAITING.includes(one.state)).map((one) => one.queuedAt)
  return since.length ? Math.floor((now - Math.min(...since)) / 86_400_000) : 0
}

/** How many of these records no server has yet, drafts aside. */
export const countUnsent = (records) => records.filter((one) => [...WAITING, 'rejected'].includes(one.state)).length
