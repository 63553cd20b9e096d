// The pages, in the order in which they stand at the side. Each is a folder of its
// own under pages/, loaded when it is first opened; a page that has no folder yet
// is not shown.
import type { Component } from 'svelte'
import type { Me } from './lib/types'

export interface Page {
  name: string // of the folder, and the first part of the address
  icon: string // paths of a 24 × 24 drawing
  group: 'watch' | 'text' | 'record' | 'house'
  needs?: { action: string; thing: string; marking: string } // a right without which there is nothing on it
  writes?: true // it is for writing alone: not listed for whoever may not
}

const found = import.meta.glob<{ default: Component }>('./pages/*/Page.svelte')

const order: Page[] = [
  { name: 'today', group: 'watch', icon: 'M4 6h16M4 12h10M4 18h16M18 12h2' },
  { name: 'incidents', group: 'watch', icon: 'M12 3l9 16H3zM12 9v5M12 17v.5' },
  { name: 'report', group: 'watch', needs: { action: 'submit', thing: 'report', marking: 'mission' }, writes: true, icon: 'M5 4h14v16H5zM9 9h6M12 6v6M9 15h6' },
  { name: 'triage', group: 'watch', needs: { action: 'read', thing: 'incident', marking: 'mission' }, writes: true, icon: 'M3 5h18M6 10h12M9 15h6M11 20h2' },
  { name: 'verification', group: 'watch', needs: { action: 'read', thing: 'finding', marking: 'mission' }, icon: 'M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14M16 16l5 5' },
  { name: 'terms', group: 'text', icon: 'M6 3h12v18H6zM9 8h6M9 12h6M9 16h4' },
  { name: 'compare', group: 'text', icon: 'M4 4h7v16H4zM13 4h7v16h-7' },
  { name: 'scenario', group: 'text', icon: 'M5 5l6 7-6 7M13 19h6' },
  { name: 'talks', group: 'text', needs: { action: 'exact', thing: 'notice', marking: 'public' }, icon: 'M4 5h16v11H10l-4 4v-4H4z' },
  { name: 'commission', group: 'text', needs: { action: 'exact', thing: 'notice', marking: 'public' }, icon: 'M12 3v18M5 7h14M5 7l-2 6h5zM19 7l-3 6h6z' },
  { name: 'record', group: 'record', icon: 'M5 5h14v4H5zM5 10h14v4H5zM5 15h14v4H5z' },
  { name: 'daily', group: 'record', icon: 'M6 3h9l4 4v14H6zM14 3v5h5M9 13h6M9 17h6' },
  { name: 'people', group: 'house', icon: 'M12 4a4 4 0 1 1 0 8a4 4 0 0 1 0-8M4 21a8 8 0 0 1 16 0' },
  { name: 'methodology', group: 'house', icon: 'M4 4h7v16H4zM11 6h9v14h-9M7 8h1M14 10h3' },
]

const has = (name: string) => `./pages/${name}/Page.svelte` in found

export const pages = order.filter((p) => has(p.name))

// may reports whether somebody has the right that a page needs: the server decides the
// same again for each answer. Until it has said who asks, nothing is hidden.
export function may(p: Page, me: Me | null): boolean {
  if (!p.needs || !me) return true
  const { action, thing, marking } = p.needs
  return me.rights.some((r) => r.action === action && r.thing === thing && (r.markings?.includes(marking) || r.own?.includes(marking)))
}

// listed are the pages that stand at the side.
export const listed = (me: Me | null): Page[] => pages.filter((p) => !p.writes || may(p, me))

export function load(name: string): Promise<{ default: Component }> {
  return found[`./pages/${name}/Page.svelte`]!()
}

// there reports whether a page is there, for links to it.
export const there = (name: string): boolean => pages.some((p) => p.name === name)
