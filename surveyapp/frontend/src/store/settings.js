import { makeId } from './database.js'

/** A setting of this phone, or undefined. */
export const getSetting = (db, name) => db.get('settings', name)

/** Keep a setting of this phone. */
export const putSetting = (db, name, value) => db.put('settings', value, name)

/** What this phone calls itself in records (preload `deviceid`) and to the server; the same for ever. */
export async function ensureDeviceId(db) {
  const transaction = db.transaction('settings', 'readwrite')
  const known = await transaction.store.get('deviceId')
  const id = known ?? `fill:${makeId()}`
  if (!known) await transaction.store.put(id, 'deviceId')
  await transaction.done
  return id
}
