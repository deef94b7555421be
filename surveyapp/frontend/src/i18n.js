import { createI18n } from 'vue-i18n'
import formEn from './form/words.en.json'
import formZh from './form/words.zh.json'
import en from './words.en.json'
import zh from './words.zh.json'

export const LANGUAGES = { en: 'English', zh: '中文' }

/** The wording of the app and of the form screen; `chosen` wins over the browser's languages. */
export function makeI18n(chosen) {
  const wanted = [chosen, ...(navigator.languages ?? [])].filter(Boolean).map((tag) => tag.split('-')[0])
  const locale = wanted.find((tag) => tag in LANGUAGES) ?? 'en'
  document.documentElement.lang = locale
  return createI18n({
    legacy: false,
    locale,
    fallbackLocale: 'en',
    messages: { en: { ...en, form: formEn }, zh: { ...zh, form: formZh } },
  })
}

/** A moment as people say it: today's time, or day and time. */
export function sayMoment(milliseconds, locale) {
  const moment = new Date(milliseconds)
  const today = moment.toDateString() === new Date().toDateString()
  const shape = today ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' }
  return new Intl.DateTimeFormat(locale, shape).format(moment)
}
