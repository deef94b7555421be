// Draws public/icon-*.png from the rectangles and polygons of public/icon.svg: `node vite/icons.js`. Run when the SVG changes;
// the pictures are committed, since what deflate writes differs between versions of Node.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { deflateSync, crc32 } from 'node:zlib'

const here = (path) => fileURLToPath(new URL(`../public/${path}`, import.meta.url))
const SUB = 4
const svg = readFileSync(here('icon.svg'), 'utf8')
const polygons = [...svg.matchAll(/points="([^"]+)" fill="([^"]+)"/g)].map(([, points, fill]) => ({
  points: points.split(' ').map((pair) => pair.split(',').map(Number)),
  fill: rgb(fill),
}))
const ground = rgb(/<rect[^>]*fill="([^"]+)"/.exec(svg)[1])

function rgb(text) {
  const hex = text.length === 4 ? [...text.slice(1)].map((c) => c + c).join('') : text.slice(1)
  return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16))
}

function inside(points, x, y) {
  let within = false
  points.forEach(([x1, y1], i) => {
    const [x2, y2] = points.at(i - 1)
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) within = !within
  })
  return within
}

const colourAt = (x, y) => polygons.reduce((colour, { points, fill }) => (inside(points, x, y) ? fill : colour), ground)

function pixel(size, column, row) {
  const sum = [0, 0, 0]
  for (let i = 0; i < SUB * SUB; i++) {
    const x = ((column + ((i % SUB) + 0.5) / SUB) * 100) / size
    const y = ((row + (Math.floor(i / SUB) + 0.5) / SUB) * 100) / size
    colourAt(x, y).forEach((part, channel) => (sum[channel] += part))
  }
  return sum.map((part) => Math.round(part / (SUB * SUB)))
}

function chunk(kind, content) {
  const body = Buffer.concat([Buffer.from(kind), content])
  const length = Buffer.alloc(4)
  const sum = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

function png(size) {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(size, 0)
  head.writeUInt32BE(size, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const rows = []
  for (let row = 0; row < size; row++) {
    rows.push(0)
    for (let column = 0; column < size; column++) rows.push(...pixel(size, column, row))
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.from(rows), { level: 9 })), chunk('IEND', Buffer.alloc(0))])
}

for (const size of [180, 192, 512]) writeFileSync(here(`icon-${size}.png`), png(size))
