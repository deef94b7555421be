// A returned submission is sent as an edit: a new instance id, and deprecatedID naming the one it replaces. The form's
// own model has no deprecatedID, so that an engine which restores a draft may drop it; the household would then be
// counted twice.

/** `xml` with the deprecatedID in its meta block, where it is missing. */
export function keepDeprecatedId(xml, deprecatedId) {
  if (/<(\w+:)?deprecatedID>/.test(xml)) return xml
  const instanceId = /<((?:\w+:)?)instanceID>[^<]*<\/\1instanceID>/
  return xml.replace(instanceId, (found, prefix) => `${found}<${prefix}deprecatedID>${escaped(deprecatedId)}</${prefix}deprecatedID>`)
}

/**
 * A payload of takePayload for an edit: its deprecatedID kept, and of `files` (File objects that came with the returned
 * submission) those that the XML names and the engine has not loaded yet. `carried` are the names of `held`, the files that
 * the server has with the submission that is edited: it takes them over by itself.
 */
export async function keepEditPayload(payload, { deprecatedId, files, held }) {
  const text = keepDeprecatedId(await payload.xml.text(), deprecatedId)
  const taken = new Set(payload.files.map((file) => file.name))
  const late = files.filter((file) => !taken.has(file.name) && text.includes(`>${escaped(file.name)}<`))
  const xml = new File([text], payload.xml.name, { type: 'text/xml' })
  const whole = [...payload.files, ...late]
  return { ...payload, xml, files: whole, carried: whole.map((file) => file.name).filter((name) => held.includes(name)) }
}

const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c])
