// The tree of a form as pages, and where a question lies in it.

// A run of questions that are in no group is cut into pages of this many.
const LOOSE_QUESTIONS = 8
// A group with more questions than this, and groups inside it, is a chapter: its groups are the pages.
const LONG_GROUP = 40
export const END = 'end'

/** Every question below `node`, with what is never drawn. */
export function* leaves(node) {
  const { children } = node.currentState
  if (!children) yield node
  else for (const child of children) yield* leaves(child)
}

/** Whether `node` is to be drawn now. */
export function isShown(node) {
  if (node.nodeType === 'model-value' || !node.currentState.relevant) return false
  return node.currentState.children === null || node.nodeType.startsWith('repeat-range') || node.currentState.hasRelevantBodyNodes
}

/** What is drawn below `node`, in order. */
export function shownChildren(node) {
  return node.currentState.children.filter(isShown)
}

/**
 * The pages of a form now: `{key, nodes, chapter}`. `key` stays the same over sessions; `chapter` is the group around the page that
 * has no page of its own, or null.
 */
export function pagesOf(root) {
  return pagesBelow(root, null)
}

function pagesBelow(parent, chapter) {
  const pages = []
  let loose = []
  const flush = () => {
    if (loose.length) pages.push({ key: loose[0].currentState.reference, nodes: loose, chapter })
    loose = []
  }
  for (const node of shownChildren(parent)) {
    if (node.currentState.children === null) {
      loose.push(node)
      if (loose.length === LOOSE_QUESTIONS) flush()
      continue
    }
    flush()
    if (isChapter(node)) pages.push(...pagesBelow(node, node))
    else pages.push({ key: node.currentState.reference, nodes: [node], chapter })
  }
  flush()
  return pages
}

function isChapter(node) {
  if (node.nodeType !== 'group' || has(node, 'field-list') || has(node, 'table-list')) return false
  return shownChildren(node).some((child) => child.nodeType === 'group') && countLeaves(node) > LONG_GROUP
}

function countLeaves(node) {
  const { children } = node.currentState
  return children ? children.reduce((sum, child) => sum + countLeaves(child), 0) : Number(node.nodeType !== 'model-value')
}

/** Whether the author gave `node` this appearance. */
export function has(node, appearance) {
  return Boolean(node.appearances?.[appearance])
}

/** The node with this id, with the rows that must be open to see it; null where it is not there. */
export function findNode(root, nodeId) {
  const search = (node, rows) => {
    if (node.nodeId === nodeId) return { node, rows }
    const inside = node.nodeType === 'repeat-instance' ? [...rows, node] : rows
    for (const child of node.currentState.children ?? []) {
      const found = search(child, inside)
      if (found) return found
    }
    return null
  }
  return search(root, [])
}

/** The index of the page that shows `node`, -1 where none does. */
export function pageIndexOf(pages, node) {
  const around = new Set()
  for (let at = node; at; at = at.parent) around.add(at)
  return pages.findIndex((page) => page.nodes.some((shown) => around.has(shown)))
}

/** The id of the element that holds a question, a group or a row. */
export function elementId(node) {
  return `q-${node.nodeId.replaceAll(':', '-')}`
}
