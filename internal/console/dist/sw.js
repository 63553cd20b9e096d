// Keeps the page for reports from the field, so that it opens without a line. It
// keeps files of the program alone: no answers of the server, no reports.
const name = 'truce-report-e58dab8d244d'
const files = ["/favicon.svg","/look.js","/manifest.webmanifest","/assets/Media-B3Qx36KH.css","/assets/Media-DX_eK20l.js","/assets/Page-CSiGW70u.js","/assets/Page-Co5oIyiX.css","/assets/ar-Cvz8izjY.js","/assets/ar-uhjVL6Yc.js","/assets/en-B6hFBIlt.js","/assets/en-CEq8Zgry.js","/assets/en-CSEoblQO.js","/assets/index-9cTHemAp.js","/assets/index-BUcZLhUT.css","/assets/keys.svelte-VlENQo4A.js","/assets/own.svelte-DneIIUoA.js","/assets/pages-BIDiJU24.js","/assets/router.svelte-CpnAdJ_t.js","/assets/ru-BC2I7FbR.js","/assets/ru-DGsK1kVx.js","/assets/theme.svelte-CNk2Rt8C.js","/assets/uk-BPNH9EQr.js","/assets/uk-DNQDK85x.js","/assets/ulid-pokSf8Sy.js","/assets/words-BsujRt6A.js"]

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
