// What people type, as the engine wants it. It turns what it refuses into nothing and tells nobody, so we look first.

const INTEGER = /^[+-]?\d+$/
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)$/
const GROUPED = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/
const LARGEST_INTEGER = 2147483647
const SMALLEST_INTEGER = -2147483648

/** Digits and signs of Chinese and Japanese keyboards, which look like ours, as ours. */
export function plainDigits(text) {
  return text
    .replace(/[\uFF10-\uFF19]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[\uFF0E\u3002]/g, '.')
    .replace(/\uFF0C/g, ',')
    .replace(/[\uFF0D\u2212]/g, '-')
    .trim()
}

/**
 * A number as typed.
 *
 * @param {string} typed
 * @param {{whole: boolean, grouped: boolean}} kind  `grouped` lets commas part the thousands
 * @returns {{value: string, refusal: string|null}} `value` for the engine, '' where nothing or nothing readable was typed; the
 *   refusal is `number`, `whole` or `large`
 */
export function readNumber(typed, { whole, grouped }) {
  let text = plainDigits(typed)
  if (text === '') return { value: '', refusal: null }
  if (grouped && GROUPED.test(text)) text = text.replaceAll(',', '')
  if (!DECIMAL.test(text)) return { value: '', refusal: 'number' }
  if (!whole) return { value: text.replace(/^\+/, ''), refusal: null }
  if (!INTEGER.test(text)) return { value: '', refusal: 'whole' }
  const number = Number(text)
  if (number > LARGEST_INTEGER || number < SMALLEST_INTEGER) return { value: '', refusal: 'large' }
  return { value: String(number), refusal: null }
}

/** `12345.6` as `12,345.6`. */
export function groupThousands(text) {
  const [, sign, whole, rest] = /^(-?)(\d*)(.*)$/.exec(text)
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ',') + rest
}

/** Minutes east of UTC as `+08:00`. */
function offset(moment) {
  const minutes = -moment.getTimezoneOffset()
  const two = (number) => String(number).padStart(2, '0')
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`
}

function withSeconds(clock) {
  return /^\d\d:\d\d$/.test(clock) ? `${clock}:00.000` : /\.\d+$/.test(clock) ? clock : `${clock}.000`
}

/** `12:30` of a time box as Collect writes it: with seconds, and the phone's offset today. */
export function readTime(typed) {
  return typed === '' ? '' : withSeconds(typed) + offset(new Date())
}

/** `2026-11-30T10:00` of a date-and-time box as Collect writes it: with seconds, and the phone's offset on that day. */
export function readDateTime(typed) {
  if (typed === '') return ''
  const [date, clock] = typed.split('T')
  return `${date}T${withSeconds(clock)}${offset(new Date(typed))}`
}

/** The time of a record as a time box shows it. */
export function showTime(value) {
  return /^\d\d:\d\d/.exec(value)?.[0] ?? ''
}

/** The date and time of a record as a box shows it: in the phone's own zone where the record names one. */
export function showDateTime(value) {
  if (value === '') return ''
  if (!/(Z|[+-]\d\d:?\d\d)$/.test(value)) return value.slice(0, 16)
  const moment = new Date(value)
  if (Number.isNaN(moment.getTime())) return ''
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** A position as the record holds it: latitude, longitude, altitude and accuracy, in degrees and metres. */
export function writePoint({ latitude, longitude, altitude, accuracy }) {
  const round = (number, digits) => String(Number((number ?? 0).toFixed(digits)))
  return `${round(latitude, 7)} ${round(longitude, 7)} ${round(altitude, 1)} ${round(accuracy, 1)}`
}

/** `30.1 114.2 0 5` as an object, null where it is no position. */
export function readPoint(text) {
  const parts = text.trim().split(/[\s,]+/).map(Number)
  const [latitude, longitude, altitude = 0, accuracy = 0] = parts
  const valid = parts.length >= 2 && parts.every(Number.isFinite) && Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  return valid ? { latitude, longitude, altitude, accuracy } : null
}
