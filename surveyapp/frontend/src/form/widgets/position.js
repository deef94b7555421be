// The phone's position, as it gets better.
import { onUnmounted, ref } from 'vue'

/** `watching`, `fix` ({latitude, longitude, altitude, accuracy} in degrees and metres, or null), `fault` ('', 'denied', 'unavailable', 'insecure'). */
export function usePosition() {
  const watching = ref(false)
  const fix = ref(null)
  const fault = ref('')
  let watch = null

  function stop() {
    if (watch !== null) navigator.geolocation.clearWatch(watch)
    watch = null
    watching.value = false
  }

  function start() {
    fix.value = null
    fault.value = ''
    if (!window.isSecureContext || !navigator.geolocation) {
      fault.value = 'insecure'
      return
    }
    watching.value = true
    watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        fault.value = ''
        fix.value = coords
      },
      (error) => {
        // A timeout or a lost satellite mends itself; a refusal does not.
        fault.value = error.code === error.PERMISSION_DENIED ? 'denied' : 'unavailable'
        if (fault.value === 'denied') stop()
      },
      { enableHighAccuracy: true, maximumAge: 0 },
    )
  }

  onUnmounted(stop)
  return { watching, fix, fault, start, stop }
}
