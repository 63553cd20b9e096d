// The address is the state: what a page shows can be read off it, sent to a
// colleague, and opened again.

export interface Place {
  path: string
  query: URLSearchParams
}

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) }
}

class Router {
  place = $state.raw<Place>(here())

  constructor() {
    addEventListener('popstate', () => (this.place = here()))
    // Links within the console change the page without loading it anew.
    document.addEventListener('click', (e) => {
      const a = (e.target as Element | null)?.closest?.('a')
      if (!a || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return
      if (a.target || a.hasAttribute('download') || a.origin !== location.origin || a.pathname.startsWith('/api/') || a.pathname.startsWith('/log/')) return
      if (/\.(json|csv|geojson)$/.test(a.pathname)) return
      if (a.pathname === location.pathname && a.hash) return
      e.preventDefault()
      this.go(a.pathname + a.search)
    })
  }

  get segments(): string[] {
    return this.place.path.split('/').filter(Boolean).map(decodeURIComponent)
  }

  go(to: string) {
    if (to === location.pathname + location.search) return
    history.pushState(null, '', to)
    this.place = here()
    scrollTo(0, 0)
  }

  // begin gives the page that is open a query, as if it had been opened with it.
  begin(query: string) {
    history.replaceState(null, '', location.pathname + query)
    this.place = here()
  }

  // set changes keys of the query; null takes one away. What is a new view gets a
  // place in the history, what follows a hand that moves (a map, a brush) does not.
  set(changes: Record<string, string | string[] | null>, how: 'push' | 'replace' = 'push') {
    const q = new URLSearchParams(this.place.query)
    for (const [k, v] of Object.entries(changes)) {
      q.delete(k)
      if (Array.isArray(v)) v.forEach((x) => q.append(k, x))
      else if (v !== null && v !== '') q.set(k, v)
    }
    const s = q.toString().replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%40', '@').replaceAll('%2F', '/')
    const to = this.place.path + (s ? '?' + s : '')
    if (to === location.pathname + location.search) return
    if (how === 'push') history.pushState(null, '', to)
    else history.replaceState(null, '', to)
    this.place = here()
  }

  get(key: string): string {
    return this.place.query.get(key) ?? ''
  }

  all(key: string): string[] {
    return this.place.query.getAll(key)
  }
}

export const router = new Router()
