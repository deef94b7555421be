// @vitest-environment node
import { expect, test } from 'vitest'
import { areaOf, distance, drawn, lengthOf, movedBy, PAPER, sayMetres, saySquare } from '../../src/form/widgets/sketch.js'

const HERE = { latitude: 30.5928, longitude: 114.3055 }
const square = (side, corner = HERE) =>
  [[0, 0], [0, side], [side, side], [side, 0]].map(([north, east]) => ({ ...corner, ...movedBy(corner, { north, east }) }))

test('a degree of a meridian is 111.2 km everywhere, of a parallel less towards the poles', () => {
  expect(distance({ latitude: 0, longitude: 0 }, { latitude: 1, longitude: 0 })).toBeCloseTo(111_195, 0)
  expect(distance({ latitude: 60, longitude: 0 }, { latitude: 60, longitude: 1 })).toBeCloseTo(55_597, -1)
})

test('a square of a hundred metres is a hectare, four hundred metres around', () => {
  expect(areaOf(square(100))).toBeCloseTo(10_000, 0)
  expect(lengthOf(square(100), true)).toBeCloseTo(400, 1)
  expect(lengthOf(square(100), false)).toBeCloseTo(300, 1)
  expect(areaOf(square(100).reverse())).toBeCloseTo(10_000, 0)
})

test('the line of the date is crossed like any other', () => {
  const beyond = square(100, { latitude: -17, longitude: 179.9999 })
  expect(beyond.some(({ longitude }) => longitude < 0)).toBe(true)
  expect(areaOf(beyond)).toBeCloseTo(10_000, 0)
  expect(drawn(beyond).wide).toBeCloseTo(100, 1)
})

test('north is above, east is right, and all lies on the paper', () => {
  const { places, bar, unit } = drawn(square(100))
  const [southWest, southEast, northEast] = places
  expect(southEast.x).toBeGreaterThan(southWest.x)
  expect(northEast.y).toBeLessThan(southEast.y)
  for (const { x, y } of places) {
    expect(x).toBeGreaterThanOrEqual(PAPER.margin - 0.1)
    expect(x).toBeLessThanOrEqual(PAPER.width - PAPER.margin + 0.1)
    expect(y).toBeGreaterThanOrEqual(PAPER.margin - 0.1)
    expect(y).toBeLessThanOrEqual(PAPER.height - PAPER.margin + 0.1)
  }
  expect(bar.length).toBeCloseTo(bar.metres * unit, 6)
})

test.each([[0.3, 5], [100, 50], [1_234, 500], [80_000, 50_000]])('the scale of %d metres is told with a bar of %d', (side, metres) => {
  expect(drawn(square(side)).bar.metres).toBe(metres)
})

test('one position alone, and the same one twice, are drawn in the middle', () => {
  for (const points of [[HERE], [HERE, HERE]]) {
    expect(drawn(points).places[0]).toEqual({ x: PAPER.width / 2, y: PAPER.height / 2 })
  }
})

test('lengths and areas are told in few digits', () => {
  expect([0.34, 9.96, 12.4, 999.4, 1_234].map(sayMetres)).toEqual(['0.3 m', '10 m', '12 m', '999 m', '1.23 km'])
  expect([12.4, 4_321, 9_999, 12_345].map(saySquare)).toEqual(['12 m²', '4320 m²', '1 ha', '1.23 ha'])
})
