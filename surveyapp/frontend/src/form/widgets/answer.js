// The state of one control: what stands in the box, and how it comes to the engine.
import { computed, inject, onBeforeUnmount, ref, watch } from 'vue'
import { useSession } from '../session.js'

/** What a control needs to know of the question around it: `id`, `describedBy`, `invalid`. */
export function useQuestion() {
  return inject('question')
}

/**
 * A box in which people type.
 *
 * @param {object} node  the question
 * @param {{read: (typed: string) => {value: string, refusal: string|null}, show: (value: string) => string}} spelling
 *   from what is typed to the engine's text, and back
 */
export function useTyped(node, { read, show }) {
  const session = useSession()
  const state = node.currentState
  const text = ref(session.refusals.get(node.nodeId)?.typed ?? show(state.instanceValue))
  const feedsCount = session.form.countFeeds.has(state.reference.replace(/\[\d+\]/g, ''))
  let last = state.instanceValue

  watch(
    () => state.instanceValue,
    (value) => {
      if (value !== last) text.value = show(value)
      last = value
    },
  )

  async function set(typed) {
    const { value, refusal } = read(typed)
    if (refusal) {
      // Nothing may stand in the record that is not in the box.
      if (state.instanceValue !== '' && !feedsCount) await session.answer(node, '', typed)
      session.refuse(node, refusal, typed)
    } else {
      const outcome = await session.answer(node, value, typed)
      if (outcome === 'declined') text.value = show(state.instanceValue)
    }
    last = state.instanceValue
  }

  return {
    text,
    session,
    readonly: computed(() => state.readonly),
    /** While typing; a number on which rows hang waits until the box is left. */
    input(event) {
      text.value = event.target.value
      if (!feedsCount) set(text.value)
    },
    async change(event) {
      text.value = event.target.value
      await set(text.value)
      session.touch(node)
      const refused = session.refusals.has(node.nodeId)
      if (!refused) text.value = show(state.instanceValue)
    },
  }
}

/** A control that sets whole answers: choices, files, positions. */
export function useChosen(node) {
  const session = useSession()
  const state = node.currentState
  return {
    session,
    readonly: computed(() => state.readonly),
    async choose(answer) {
      const outcome = await session.answer(node, answer)
      session.touch(node)
      return outcome
    },
  }
}

/** Something that is going on in a control, and that Back ends: `begin(close)`, and `end()` once it is over. */
export function useOngoing() {
  const session = useSession()
  let close = null
  const end = () => session.closers.delete(close)
  onBeforeUnmount(end)
  return {
    begin(how) {
      close = how
      session.closers.add(close)
    },
    end,
  }
}
