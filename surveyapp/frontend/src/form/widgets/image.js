// Photos made small before they are kept: a week of full-size ones does not fit into a phone's browser, nor through its network.

// Where the form sets no max-pixels: enough to read a page of a document.
const LONGEST_SIDE = 2048
const JPEG_QUALITY = 0.85

/**
 * `file` with its longer side at most `maxPixels`; the file itself where it is small enough already or cannot be read as a picture.
 *
 * @param {File} file
 * @param {number|null} maxPixels
 * @returns {Promise<File>}
 */
export async function shrunk(file, maxPixels) {
  const longest = maxPixels ?? LONGEST_SIDE
  const picture = await decoded(file)
  if (!picture) return file
  const scale = longest / Math.max(picture.width, picture.height)
  if (scale >= 1) return file
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(picture.width * scale))
  canvas.height = Math.max(1, Math.round(picture.height * scale))
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close?.()
  return canvasFile(canvas, 'photo.jpg', 'image/jpeg')
}

// Upright, as the phone was held. iOS 16 and before have no such choice of a bitmap, and turn an element by themselves.
async function decoded(file) {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' })
  } catch {
    const element = new Image()
    element.src = URL.createObjectURL(file)
    try {
      await element.decode()
      return element
    } catch {
      return null
    } finally {
      URL.revokeObjectURL(element.src)
    }
  }
}

/** The picture on `canvas` as a file. */
export function canvasFile(canvas, name, type) {
  return new Promise((resolve, reject) => {
    const done = (blob) => (blob ? resolve(new File([blob], name, { type })) : reject(new Error('the picture could not be written')))
    canvas.toBlob(done, type, JPEG_QUALITY)
  })
}
