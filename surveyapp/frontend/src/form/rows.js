// Answers below a node, taken before rows go and put back when the person thinks better of it.

/** Whether anything was answered below `node`. */
export function hasAnswers(node) {
  const { children } = node.currentState
  if (children) return children.some(hasAnswers)
  return isAnswerable(node) && node.currentState.instanceValue !== ''
}

/** The answers below `node`, for `putBack`. */
export function takeAnswers(node) {
  const { children } = node.currentState
  return children ? children.map(takeAnswers) : isAnswerable(node) ? answerOf(node) : undefined
}

/** Puts what `takeAnswers` took below `node`, which has the same questions; rows are added where they lack. */
export function putBack(node, taken) {
  // A second time, because choices and relevance of a question may hang on one that stands after it.
  fill(node, taken)
  fill(node, taken)
}

function fill(node, taken) {
  const { children } = node.currentState
  if (!children) {
    if (taken !== undefined && node.currentState.relevant) put(node, taken)
    return
  }
  if (node.nodeType === 'repeat-range:uncontrolled' && children.length < taken.length) {
    node.addInstances(children.length - 1, taken.length - children.length)
  }
  node.currentState.children.forEach((child, index) => index < taken.length && fill(child, taken[index]))
}

function isAnswerable(node) {
  return node.nodeType !== 'model-value' && node.nodeType !== 'note' && !node.currentState.readonly
}

/** The answer of a question as `put` takes it. */
export function answerOf(node) {
  const { value, instanceValue } = node.currentState
  switch (node.nodeType) {
    case 'select':
    case 'rank':
      return [...value]
    case 'upload':
    case 'trigger':
      return value
    default:
      return instanceValue
  }
}

/** Sets the answer of a question, whatever its kind; may throw what the engine throws. */
export function put(node, answer) {
  if (node.nodeType === 'select') node.selectValues(answer)
  else if (node.nodeType === 'rank') node.setValues(answer)
  else node.setValue(answer)
}
