/** Hand a Blob to the browser's downloads. */
export function saveFile(blob, name) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The download has taken the blob by the next turn at the latest on every browser; a minute is generous.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
