// Keeps the page for reports from the field, so that it opens without a line. It
// keeps files of the program alone: no answers of the server, no reports.
const name = 'truce-report-5a8d59a1393b'
const files = ["/favicon.svg","/look.js","/manifest.webmanifest","/assets/Media-B3Qx36KH.css","/assets/Media-CYD6gmuv.js","/assets/Page-Co5oIyiX.css","/assets/Page-W1mC3veH.js","/assets/ar-5g8ZkWAl.js","/assets/ar-sj11spE_.js","/assets/en-B6hFBIlt.js","/assets/en-BwPuCN3u.js","/assets/en-CoFcSCvp.js","/assets/index-BojGY8c7.js","/assets/index-ko5nHrsT.css","/assets/keys.svelte-0ssrMEfq.js","/assets/own.svelte-DQHRUaET.js","/assets/pages-BYJruQx2.js","/assets/router.svelte-C_7GE2EA.js","/assets/ru-DGsK1kVx.js","/assets/ru-wKc0jf3i.js","/assets/theme.svelte-DYo4SjRx.js","/assets/uk-B50BrRZp.js","/assets/uk-DNQDK85x.js","/assets/ulid-pokSf8Sy.js","/assets/words-Cc_JwLdR.js"]

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
