// What belongs to whoever looks: settings and saved views. Somebody who has signed in
// has them wherever they sign in; the public has them on this device only.
import { get, post, send } from './api'
import { i18n, languages, t, type Lang } from './i18n.svelte'
import { look, type Theme } from './theme.svelte'
import { civil } from './time'
import type { Me, Preferences, Saved } from './types'

const kept = {
  read<T>(key: string, none: T): T {
    try {
      return (JSON.parse(localStorage.getItem(key) ?? 'null') as T) ?? none
    } catch {
      return none // written by something else
    }
  },
  write(key: string, value: unknown) {
    localStorage.setItem(key, JSON.stringify(value))
  },
}

class Own {
  views = $state.raw<Saved[]>(kept.read<Saved[]>('truce.views', []))
  zone = $state(kept.read<string>('truce.zone', ''))
  start = $state.raw<Record<string, string>>(kept.read('truce.start', {}))
  // where says how far what is kept reaches.
  where = $state<'device' | 'account'>('device')
  private settings = false // kept by the server too

  async load(me: Me) {
    // In a demonstration many look as one account: its views are shared, its looks not.
    this.where = me.account && me.by !== 'token' ? 'account' : 'device'
    this.settings = me.by === 'session' && !!me.account
    if (this.where === 'device') return
    this.views = (await get<{ items: Saved[] }>('/api/own/views')).items
    if (!this.settings) return
    const p = await get<Preferences>('/api/own/settings')
    if (p.language && p.language !== i18n.lang && languages.some((l) => l.code === p.language)) await i18n.use(p.language as Lang)
    if (p.theme) look.use(p.theme as Theme)
    if (p.zone !== undefined) this.zone = p.zone
    if (p.start) this.start = p.start
  }

  async keep(change: Preferences) {
    if (change.language) await i18n.use(change.language as Lang)
    if (change.theme) look.use(change.theme as Theme)
    if (change.zone !== undefined) kept.write('truce.zone', (this.zone = change.zone))
    if (change.start) kept.write('truce.start', (this.start = change.start))
    if (this.settings) await post('/api/own/settings', { language: i18n.lang, theme: look.theme, zone: this.zone, start: this.start })
  }

  // opens is where a page is opened from the side: with what its owner begins with.
  opens(name: string): string {
    return (name === 'today' ? '/' : '/' + name) + (this.start[name] ?? '')
  }

  async save(v: { id?: string; name: string; address: string; shared: boolean }) {
    if (this.where === 'account') {
      await post('/api/own/views' + (v.id ? '/' + v.id : ''), { name: v.name, address: v.address, shared: v.shared })
      this.views = (await get<{ items: Saved[] }>('/api/own/views')).items
      return
    }
    const one: Saved = { id: v.id ?? crypto.getRandomValues(new Uint32Array(2)).join('-'), name: v.name.trim(), address: v.address, shared: false, mine: true, made: new Date().toISOString() }
    this.device([...this.views.filter((x) => x.id !== one.id), one])
  }

  async drop(v: Saved) {
    if (this.where === 'device') return this.device(this.views.filter((x) => x.id !== v.id))
    await send('DELETE', '/api/own/views/' + v.id)
    this.views = this.views.filter((x) => x.id !== v.id)
  }

  private device(list: Saved[]) {
    this.views = list.sort((a, b) => a.name.localeCompare(b.name, i18n.lang))
    kept.write('truce.views', this.views)
  }
}

export const own = new Own()

// clocks are the civil clocks that stand beside UTC: those of both sides, always, and
// one's own.
export function clocks(): { place: string; zone: string; name: string }[] {
  const both = civil.map((c) => ({ ...c, name: t('place.' + c.place) }))
  if (!own.zone || civil.some((c) => c.zone === own.zone)) return both
  return [...both, { place: own.zone, zone: own.zone, name: own.zone.split('/').at(-1)!.replaceAll('_', ' ') }]
}
