// Room for the boundaries and heads of a multipart request.
const AROUND = 1_000
const AROUND_PART = 300

/**
 * How a record travels when it is larger than the server takes at once: lists of files, one list a request. Each request
 * carries the XML as well; a file that is too large for any goes alone, so that the server can say so of itself.
 */
export function planPortions(files, xmlSize, limit) {
  const room = limit - xmlSize - AROUND
  const portions = [[]]
  let used = 0
  for (const file of files) {
    const size = file.size + AROUND_PART
    const current = portions.at(-1)
    if (current.length && used + size > room) {
      portions.push([file])
      used = size
    } else {
      current.push(file)
      used += size
    }
  }
  return portions
}
