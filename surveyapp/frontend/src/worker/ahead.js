const BARCODE = /<bind[^>]*type="barcode"/

async function readsByItself() {
  if (!('BarcodeDetector' in globalThis)) return false
  return (await globalThis.BarcodeDetector.getSupportedFormats().catch(() => [])).length > 0
}

/**
 * Fetch the barcode reader while there is a network, where a form needs it and the browser has none of its own. The service
 * worker keeps it; half a megabyte that other phones are spared.
 */
export async function fetchAhead(xforms) {
  if (!navigator.serviceWorker?.controller || !xforms.some((xml) => BARCODE.test(xml)) || (await readsByItself())) return
  const [{ default: wasm }] = await Promise.all([
    import('zxing-wasm/reader/zxing_reader.wasm?url'),
    import('barcode-detector/ponyfill'),
  ])
  await fetch(wasm)
}
