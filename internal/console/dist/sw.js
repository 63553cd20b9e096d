// Keeps the page for reports from the field, so that it opens without a line. It
// keeps files of the program alone: no answers of the server, no reports.
const name = 'truce-report-04bba1ebf6e4'
const files = ["/favicon.svg","/manifest.webmanifest","/assets/Page-CcCqmtnb.css","/assets/Page-DkM2rr57.js","/assets/ar-pwx8aA_s.js","/assets/ar-yTVwBkfs.js","/assets/en-1FLi5TH0.js","/assets/en-CJcMXoFZ.js","/assets/en-Nk12V0Xt.js","/assets/index-C8kAXLH6.js","/assets/index-Cl504N83.css","/assets/keys.svelte-C0BNSQ3d.js","/assets/pages-orBMl_mp.js","/assets/ru-BzTP5p23.js","/assets/ru-CvmzLyqK.js","/assets/session.svelte-DmO8LPxg.js","/assets/theme.svelte-xV9TqHRx.js","/assets/time-pIogd7ZG.js","/assets/uk-CZgkjVqG.js","/assets/uk-Gj2HaMs5.js","/assets/ulid-pokSf8Sy.js"]

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
