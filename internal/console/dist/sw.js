// Keeps the page for reports from the field, so that it opens without a line. It
// keeps files of the program alone: no answers of the server, no reports.
const name = 'truce-report-dfe319d679a8'
const files = ["/favicon.svg","/look.js","/manifest.webmanifest","/assets/Media-B3Qx36KH.css","/assets/Media-BElWZjtM.js","/assets/Page-BGumm09r.js","/assets/Page-Co5oIyiX.css","/assets/ar-BzlMKXSa.js","/assets/ar-Cvz8izjY.js","/assets/en-B6hFBIlt.js","/assets/en-CYXjsTHA.js","/assets/en-Pg5-GyrQ.js","/assets/index-Cxk0_4ul.css","/assets/index-DLRLLsrI.js","/assets/keys.svelte-CkFeEqC1.js","/assets/own.svelte-CDZ6Jvao.js","/assets/pages-DTXR8A8f.js","/assets/router.svelte-CTWx5-75.js","/assets/ru-DGsK1kVx.js","/assets/ru-GJ0NutAL.js","/assets/theme.svelte-CM3i9M5z.js","/assets/uk-C0T4M4Ls.js","/assets/uk-DNQDK85x.js","/assets/ulid-pokSf8Sy.js","/assets/words-Kgf7mw4Z.js"]

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
