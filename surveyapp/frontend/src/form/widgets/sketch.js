// Positions as a drawing to scale, where there is no map: how far they lie from each other, and where on the paper.

// Metres; of a sphere with the volume of the earth.
const EARTH = 6_371_008.8
const RADIANS = Math.PI / 180
// Below this many metres the satellites cannot tell two places apart.
const NARROWEST = 10
export const PAPER = { width: 320, height: 220, margin: 28 }

const wrapped = (degrees) => ((((degrees + 180) % 360) + 360) % 360) - 180

/** Metres between two positions. */
export function distance(one, other) {
  const up = (other.latitude - one.latitude) * RADIANS
  const along = wrapped(other.longitude - one.longitude) * RADIANS
  const half = Math.sin(up / 2) ** 2 + Math.cos(one.latitude * RADIANS) * Math.cos(other.latitude * RADIANS) * Math.sin(along / 2) ** 2
  return 2 * EARTH * Math.asin(Math.min(1, Math.sqrt(half)))
}

/** Metres along a line of positions; of an area, all the way around. */
export function lengthOf(points, closed) {
  const legs = points.slice(1).map((point, index) => distance(points[index], point))
  if (closed && points.length > 2) legs.push(distance(points.at(-1), points[0]))
  return legs.reduce((sum, leg) => sum + leg, 0)
}

/** Square metres within a line that closes, as long as it does not cross itself. */
export function areaOf(points) {
  const flat = flattened(points)
  const doubled = flat.reduce((sum, { x, y }, index) => {
    const next = flat[(index + 1) % flat.length]
    return sum + x * next.y - next.x * y
  }, 0)
  return Math.abs(doubled) / 2
}

/** The position some metres away: `north` and `east` may be negative. */
export function movedBy({ latitude, longitude }, { north, east }) {
  const up = latitude + north / EARTH / RADIANS
  const along = longitude + east / (EARTH * Math.cos(latitude * RADIANS)) / RADIANS
  return { latitude: Math.max(-90, Math.min(90, up)), longitude: wrapped(along) }
}

// Metres east and north of the first position; the earth is taken as flat, which it is within a village.
function flattened(points) {
  if (!points.length) return []
  const [origin] = points
  const shrink = Math.cos(origin.latitude * RADIANS)
  return points.map(({ latitude, longitude }) => ({
    x: wrapped(longitude - origin.longitude) * RADIANS * EARTH * shrink,
    y: (latitude - origin.latitude) * RADIANS * EARTH,
  }))
}

/**
 * The drawing of some positions, north above.
 *
 * @param {{latitude: number, longitude: number}[]} points
 * @returns {{places: {x: number, y: number}[], unit: number, bar: {metres: number, length: number}, wide: number, high: number}}
 *   places on the paper, how much of it is a metre, a scale bar of a round length, and the metres that the positions span
 */
export function drawn(points) {
  const flat = flattened(points)
  const [xs, ys] = [flat.map(({ x }) => x), flat.map(({ y }) => y)]
  const [left, right, low, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const [wide, high] = [right - left, top - low]
  const { width, height, margin } = PAPER
  const unit = Math.min((width - 2 * margin) / Math.max(wide, NARROWEST), (height - 2 * margin) / Math.max(high, NARROWEST))
  const places = flat.map(({ x, y }) => ({
    x: width / 2 + (x - (left + right) / 2) * unit,
    y: height / 2 - (y - (low + top) / 2) * unit,
  }))
  const metres = roundBelow((width * 0.35) / unit)
  return { places, unit, bar: { metres, length: metres * unit }, wide, high }
}

// The largest of 1, 2, 5, 10, 20, … that is not above it.
function roundBelow(number) {
  const power = 10 ** Math.floor(Math.log10(number))
  return [5, 2, 1].map((step) => step * power).find((step) => step <= number) ?? power
}

/** Metres in few digits, from there on kilometres. */
export function sayMetres(metres) {
  return metres < 1_000 ? `${metres < 10 ? Number(metres.toFixed(1)) : Math.round(metres)} m` : `${Number((metres / 1_000).toPrecision(3))} km`
}

/** Square metres in three digits at most, from one hectare on in hectares. */
export function saySquare(square) {
  const rounded = Number(square.toPrecision(3))
  return rounded < 10_000 ? `${Math.round(rounded)} m²` : `${Number((rounded / 10_000).toPrecision(3))} ha`
}
