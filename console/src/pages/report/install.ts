// The worker that keeps this page for when there is no line. It is registered by
// this page and answers for it alone; other pages are always asked for anew.
export function install() {
  if (!('serviceWorker' in navigator) || !isSecureContext || import.meta.env.DEV) return
  navigator.serviceWorker.register('/sw.js', { scope: '/report' }).catch((e) => console.warn('not kept for offline use:', e))
}
