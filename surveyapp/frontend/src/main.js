import { createApp } from 'vue'
import App from './App.vue'
import PreviewPage from './pages/PreviewPage.vue'
import { KEY, openPhone } from './phone.js'
import { makeI18n } from './i18n.js'
import { registerWorker } from './worker/register.js'
import '../../web/static/tokens.css'
import './app.css'

async function start() {
  if (new URLSearchParams(location.search).has('preview')) {
    createApp(PreviewPage).use(makeI18n()).mount('#app')
    return
  }
  const phone = await openPhone()
  const i18n = makeI18n(phone.state.language)
  createApp(App).use(i18n).provide(KEY, phone).mount('#app')
  registerWorker((use) => (phone.state.update = { use })).catch(() => {})
}

start()
