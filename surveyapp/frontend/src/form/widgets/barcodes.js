// Barcodes seen by the camera: by the browser itself where it can, else by a reader that we serve.

/** @returns {Promise<{detect: (image: ImageBitmapSource) => Promise<{rawValue: string}[]>}>} */
export async function barcodeDetector() {
  if ('BarcodeDetector' in globalThis) {
    const formats = await globalThis.BarcodeDetector.getSupportedFormats().catch(() => [])
    if (formats.length) return new globalThis.BarcodeDetector({ formats })
  }
  const [{ BarcodeDetector, prepareZXingModule }, { default: wasm }] = await Promise.all([
    import('barcode-detector/ponyfill'),
    import('zxing-wasm/reader/zxing_reader.wasm?url'),
  ])
  // Unless told otherwise it would fetch its wasm from a foreign host.
  prepareZXingModule({ overrides: { locateFile: (path, prefix) => (path.endsWith('.wasm') ? wasm : prefix + path) } })
  return new BarcodeDetector()
}
