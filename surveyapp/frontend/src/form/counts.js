// Which questions a repeat count hangs on, read from the XForm: a count that falls takes rows with it.

const JAVAROSA = 'http://openrosa.org/javarosa'
const PATH = /(?:current\(\)\/)?(?:\.\.\/)+[\w./:-]+|\/[\w:.-]+(?:\/[\w:.-]+)*/g

/**
 * @param {Document} xform
 * @returns {Map<string, {repeat: string, direct: boolean}[]>} by the reference of a question, the repeats that it feeds;
 *   `direct` where the count is the answer itself and nothing computed from it
 */
export function countFeeds(xform) {
  const calculated = new Map()
  for (const bind of xform.getElementsByTagNameNS('*', 'bind')) {
    const calculate = bind.getAttribute('calculate')
    if (calculate) calculated.set(bind.getAttribute('nodeset'), calculate)
  }
  const feeds = new Map()
  for (const repeat of xform.getElementsByTagNameNS('*', 'repeat')) {
    const count = repeat.getAttributeNS(JAVAROSA, 'count')
    if (count) addFeeds(feeds, repeat.getAttribute('nodeset'), count.trim(), calculated)
  }
  return feeds
}

function addFeeds(feeds, repeat, count, calculated) {
  const seen = new Set()
  const follow = (expression, from, direct) => {
    for (const reference of referencesIn(expression, from)) {
      if (seen.has(reference)) continue
      seen.add(reference)
      const calculation = calculated.get(reference)
      const same = direct && referencesIn(expression, from)[0] === reference && isOnlyAPath(expression)
      if (calculation) follow(calculation, reference, same)
      else feeds.set(reference, [...(feeds.get(reference) ?? []), { repeat, direct: same }])
    }
  }
  follow(count, repeat, true)
}

function isOnlyAPath(expression) {
  return expression.trim().replace(PATH, '') === ''
}

function referencesIn(expression, from) {
  const withoutTexts = expression.replace(/"[^"]*"|'[^']*'/g, '""')
  return (withoutTexts.match(PATH) ?? []).map((path) => absolute(path.replace(/^current\(\)\//, ''), from))
}

function absolute(path, from) {
  if (path.startsWith('/')) return path
  const steps = from.split('/')
  for (const step of path.split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '.') steps.push(step)
  }
  return steps.join('/')
}
