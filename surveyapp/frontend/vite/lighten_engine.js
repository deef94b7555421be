// What phones download of the engine, without a change in what it does:
//
// * It carries its XPath parser as WebAssembly in base64, inside its script. As files of their own these are a third smaller
//   on the way, and are not read as script at every start. The engine takes the address of a file as well as a data URL.
// * Two calls of eval, which our content security policy forbids anyway, would make the bundler keep every line of it, since
//   such a call sees all names. An indirect one does not.
// * It carries all of crypto-js, and asks it for digests only (its `digest()` function). The ciphers stay away.
//
// The numbers are checked, so that another version of the engine is looked at before it is lightened.
const ENGINE = /@getodk\/xforms-engine\/dist\/index\.js$/
const WASM = /"data:application\/wasm;base64,([A-Za-z0-9+/=]+)"/g
const CRYPTO = /factory\((requireCore\(\), requireX64Core\(\), [^;]*)\);/g
const EVAL = /\beval\(func\)/g
const DIGESTS = new Set(['Core', 'X64Core', 'LibTypedarrays', 'EncBase64', 'Md5', 'Sha1', 'Sha256', 'Sha512', 'Sha384'])

// How many of each: WebAssembly, crypto-js, eval.
const FOUND = '2,1,2'

const keepDigests = (calls) => calls.split(', ').filter((call) => DIGESTS.has(/^require(\w+)\(\)$/.exec(call)?.[1]))

export function lightenEngine() {
  return {
    name: 'surveyapp-lighten-engine',
    apply: 'build',
    transform: {
      filter: { id: ENGINE },
      handler(code) {
        const modules = code.match(WASM)?.length ?? 0
        const libraries = [...code.matchAll(CRYPTO)].filter(([, calls]) => keepDigests(calls).length === DIGESTS.size)
        const evals = code.match(EVAL)?.length ?? 0
        const found = [modules, libraries.length, evals].join()
        if (found !== FOUND) this.error(`The engine is another one (${found} instead of ${FOUND}): look at vite/lighten_engine.js.`)
        const changed = code
          .replace(WASM, (_whole, base64) => {
            const reference = this.emitFile({ type: 'asset', name: 'xpath.wasm', source: Buffer.from(base64, 'base64') })
            return `import.meta.ROLLUP_FILE_URL_${reference}`
          })
          .replace(EVAL, '(0, eval)(func)')
          .replace(libraries[0][0], `factory(${keepDigests(libraries[0][1]).join(', ')});`)
        return { code: changed, map: null }
      },
    },
  }
}
