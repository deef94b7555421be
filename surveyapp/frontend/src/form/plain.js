// A text of the form as bare words, for titles, names and labels that only machines read.
import { GUIDANCE_MARK } from './engine.js'

/** Whether a text has anything that Markdown would draw in another way. */
export const MARKDOWN = /[*_#<[\]`\\\n&]|^\s*(\d+[.)]|[-+])\s/

const BLOCK = /^(p|div|li|ul|ol|h[1-6])$/

/** The words of a text of the engine, without Markdown and guidance; '' where there is none. */
export function plain(text) {
  const written = text?.asString ?? ''
  if (!MARKDOWN.test(written)) return written.split(GUIDANCE_MARK)[0].trim()
  return text.formatted.map(words).join('').split(GUIDANCE_MARK)[0].replace(/\s+/g, ' ').trim()
}

function words(node) {
  if (node.role === 'child') return node.value
  if (node.role === 'line-break') return ' '
  if (node.role === 'html') return ''
  const inside = node.children.map(words).join('')
  return BLOCK.test(node.elementName) ? ` ${inside} ` : inside
}
