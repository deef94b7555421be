// A zip without compression (photos are compressed already), for handing over what could not be sent.
// PKWARE APPNOTE 6.3.9, sections 4.3.7, 4.3.12, 4.3.16. At most 4 GB and 65,535 entries: far above what a phone holds.
const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const UTF8 = 0x0800
const VERSION = 20

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

/** CRC-32 of bytes. */
export function crc32(bytes) {
  let crc = 0xffffffff
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

function fields(...pairs) {
  const size = pairs.reduce((sum, [width]) => sum + width, 0)
  const view = new DataView(new ArrayBuffer(size))
  let at = 0
  for (const [width, value] of pairs) {
    if (width === 2) view.setUint16(at, value, true)
    else view.setUint32(at, value, true)
    at += width
  }
  return new Uint8Array(view.buffer)
}

function dosTime(date) {
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1)
  const day = ((date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate()
  return [time, day]
}

/** A zip of `entries`, an (async) iterable of {name, blob, modified: Date}; as a Blob. */
export async function makeZip(entries) {
  const parts = []
  const directory = []
  let offset = 0
  for await (const { name, blob, modified } of entries) {
    const path = new TextEncoder().encode(name)
    const crc = crc32(new Uint8Array(await blob.arrayBuffer()))
    const [time, day] = dosTime(modified)
    const shared = [[2, VERSION], [2, UTF8], [2, 0], [2, time], [2, day], [4, crc], [4, blob.size], [4, blob.size]]
    const names = [[2, path.length], [2, 0]]
    const head = fields([4, LOCAL], ...shared, ...names)
    directory.push(fields([4, CENTRAL], [2, VERSION], ...shared, ...names, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), path)
    // The blob itself goes in, not its bytes: the browser may leave it on the disk.
    parts.push(head, path, blob)
    offset += head.length + path.length + blob.size
  }
  const size = directory.reduce((sum, bytes) => sum + bytes.length, 0)
  const count = directory.length / 2
  const end = fields([4, END], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0])
  return new Blob([...parts, ...directory, end], { type: 'application/zip' })
}
