// Keeps the page for reports from the field, so that it opens without a line. It
// keeps files of the program alone: no answers of the server, no reports.
const name = 'truce-report-ca3d0983174c'
const files = ["/favicon.svg","/manifest.webmanifest","/assets/Page-CcCqmtnb.css","/assets/Page-D9nHYzm-.js","/assets/ar-CR5WYB5a.js","/assets/ar-C_44Sl-j.js","/assets/en-IRDc7Z7o.js","/assets/en-X5mp3qi9.js","/assets/en-ge-Tsv7Q.js","/assets/index-DYGBRABt.css","/assets/index-ZB2Ak4QB.js","/assets/keys.svelte-CkNRbSq6.js","/assets/pages-DZrOaeHI.js","/assets/ru-jzQeuglg.js","/assets/ru-zQNIpJ6t.js","/assets/session.svelte-CAYdWAde.js","/assets/theme.svelte-Bh2tEwXS.js","/assets/time-PNN54N2E.js","/assets/uk-_2TRwsRk.js","/assets/uk-v08EKqBw.js","/assets/ulid-pokSf8Sy.js"]

addEventListener('install', (e) => {
  e.waitUntil(
    caches
      .open(name)
      .then((c) => c.addAll(['/report', ...files].map((f) => new Request(f, { cache: 'reload' }))))
      .then(() => skipWaiting()),
  )
})

addEventListener('activate', (e) => {
  e.waitUntil(
    caches
      .keys()
      .then((all) => Promise.all(all.filter((n) => n.startsWith('truce-report-') && n !== name).map((n) => caches.delete(n))))
      .then(() => clients.claim()),
  )
})

// The page comes from the server where it answers in time, and else as it was kept.
async function page(request) {
  try {
    const r = await fetch(request, { signal: AbortSignal.timeout(4000) })
    if (r.ok) return r
  } catch {
    // no line
  }
  return (await caches.match('/report')) ?? Response.error()
}

addEventListener('fetch', (e) => {
  const url = new URL(e.request.url)
  if (e.request.method !== 'GET' || url.origin !== location.origin) return
  if (e.request.mode === 'navigate') {
    if (url.pathname === '/report') e.respondWith(page(e.request))
  } else if (files.includes(url.pathname)) {
    e.respondWith(caches.match(url.pathname).then((kept) => kept ?? fetch(e.request)))
  }
})
