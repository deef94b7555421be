import vue from '@vitejs/plugin-vue'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { precache } from './vite/precache.js'
import { lightenEngine } from './vite/lighten_engine.js'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const { version } = JSON.parse(readFileSync(here('./package.json'), 'utf8'))

// Vue and the engine change rarely: chunks of their own keep what phones download, and what git keeps, small.
const chunkOf = (id) => {
  if (/node_modules\/(@getodk|solid-js|temporal-|mdast|micromark|papaparse|bin-packer)/.test(id)) return 'engine'
  if (/node_modules\/(@vue|vue|vue-i18n|@intlify|idb)\//.test(id)) return 'vue'
}

export default defineConfig({
  base: '/fill/',
  plugins: [vue(), lightenEngine(), precache({ worker: here('./src/worker/sw.js') })],
  define: {
    __APP_VERSION__: JSON.stringify(version),
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_DROP_MESSAGE_COMPILER__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    outDir: here('../web/static/fill'),
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2500,
    rollupOptions: { output: { manualChunks: chunkOf } },
  },
  server: { proxy: { '/c': 'http://127.0.0.1:8000' } },
  test: {
    environment: 'happy-dom',
    include: ['test/**/*.test.js', 'src/form/**/*.test.js'],
    restoreMocks: true,
  },
})
