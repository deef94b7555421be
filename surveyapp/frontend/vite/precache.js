import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// Fetched when a barcode is scanned for the first time, and kept then: half a megabyte that most forms never need. The icons are
// the system's, which fetches the one that it wants when the app is put on the home screen.
const LATER = /zxing_reader.*\.wasm$|icon-\d+\.png$/
const SHELL = 'index.html'

/** Every file below `folder`, as paths with slashes, sorted. */
export function listFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1).replaceAll('\\', '/'))
    .sort()
}

/**
 * Writes sw.js: the service worker's source with the list of what it keeps and a version, the hash of these files.
 *
 * Not part of the bundle: its name must stay the same for ever, and its bytes change exactly when the app changes.
 */
export function precache({ worker }) {
  let folder
  return {
    name: 'surveyapp-precache',
    apply: 'build',
    configResolved(config) {
      folder = config.build.outDir
    },
    closeBundle: {
      sequential: true,
      handler() {
        const files = listFiles(folder).filter((path) => !LATER.test(path) && path !== 'sw.js')
        const version = createHash('sha256')
        const source = readFileSync(worker, 'utf8')
        version.update(source)
        for (const path of files) version.update(path).update('\0').update(readFileSync(join(folder, path)))
        const paths = files.map((path) => (path === SHELL ? './' : path))
        const told = `const FILES = ${JSON.stringify(paths)}\nconst VERSION = '${version.digest('hex').slice(0, 12)}'\n`
        writeFileSync(join(folder, 'sw.js'), told + source)
      },
    },
  }
}
