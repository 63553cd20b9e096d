// The incidents that a page shows: asked for by what stands in the address, held
// whole where there are few, page by page where there are many.
import { get } from './api'
import { router } from './router.svelte'
import { session } from './session.svelte'
import { DAY } from './time'
import type { Bins, Counts, IncidentItem, IncidentList, Regimes, Text, Totals, Verdict } from './types'
import { verdictOf, verdicts } from './verdict'
import type { Bar } from '../components/Timeline.svelte'
import type { Cells } from '../components/MapView.svelte'

const WHOLE = 1000 // as many are held whole: one page of the API
const PIECE = 100 // of a list that is longer

// filterKeys are the keys of the address that go to the API as they are.
export const filterKeys = ['q', 'level', 'actor', 'act', 'target', 'state', 'bbox', 'terms', 'reading', 'clause'] as const

// many are the values of a key, whether they were given with commas or one by one.
const many = (key: string) => (key === 'q' || key === 'bbox' ? router.all(key) : router.all(key).flatMap((v) => v.split(',')))

export class Board {
  texts = $state.raw<Text[]>([])
  items = $state.raw<IncidentItem[]>([])
  totals = $state.raw<Totals | null>(null)
  whole = $state(true)
  loading = $state(true)
  error = $state('')
  next = $state('')
  cells = $state.raw<Cells | null>(null)
  private counts = $state.raw<Counts | null>(null)

  // by is TEXT@READING, by whose verdicts things are drawn; * is all readings, which
  // agree or do not. Nobody's reading is the first: where none is chosen it is *.
  readonly by = $derived.by(() => {
    const asked = router.get('by')
    if (asked) return asked
    const busiest = this.busiest()
    return busiest ? busiest + '@*' : ''
  })
  readonly terms = $derived(this.by.split('@')[0] ?? '')
  readonly reading = $derived(this.by.split('@')[1] ?? '*')
  readonly text = $derived(this.texts.find((t) => t.id === this.terms))

  readonly from = $derived(router.get('from') ? Date.parse(router.get('from')) : null)
  readonly to = $derived(router.get('to') ? Date.parse(router.get('to')) : null)
  // Values that are wanted, and those, with ! before them, that are not.
  readonly verdict = $derived(many('verdict').filter((v) => !v.startsWith('!')) as Verdict[])
  readonly notVerdict = $derived(many('verdict').filter((v) => v.startsWith('!')).map((v) => v.slice(1)) as Verdict[])
  readonly selected = $derived(router.get('sel'))

  // The text under which most incidents found any clause that speaks.
  private busiest(): string {
    let best = ''
    let most = -1
    for (const t of this.texts) {
      const n = this.items.filter((i) => i.findings.some((f) => f.terms === t.id && f.verdict !== 'not-covered' && f.verdict !== 'not-in-force')).length
      if (n > most) [best, most] = [t.id, n]
    }
    return best
  }

  verdictOf(i: IncidentItem): Verdict | undefined {
    return verdictOf(i.findings, this.terms, this.reading)
  }

  // eachOf is what each reading says, in the order of the text, where all are asked.
  eachOf(i: IncidentItem): { reading: string; verdict: Verdict }[] {
    if (this.reading !== '*' || !this.text || this.text.readings.length < 2) return []
    return this.text.readings.flatMap((r) => i.findings.filter((f) => f.terms === this.terms && f.reading === r.id).map((f) => ({ reading: r.id, verdict: f.verdict })))
  }

  // matching is what all filters but the verdict's ask for.
  readonly matching = $derived.by(() => {
    if (!this.whole) return this.items
    return this.items.filter((i) => {
      if (this.from === null && this.to === null) return true
      if (!i.time_start || !i.time_end) return false
      return (this.to === null || Date.parse(i.time_start) < this.to) && (this.from === null || Date.parse(i.time_end) > this.from)
    })
  })
  readonly byVerdict = $derived.by(() => {
    const n: Partial<Record<Verdict | 'none', number>> = {}
    for (const i of this.matching) {
      const v = this.verdictOf(i) ?? 'none'
      n[v] = (n[v] ?? 0) + 1
    }
    return n
  })
  readonly shown = $derived(this.verdict.length || this.notVerdict.length ? this.matching.filter((i) => this.wants(this.verdictOf(i))) : this.matching)

  private wants(v: Verdict | 'none' | undefined): boolean {
    return (!this.verdict.length || this.verdict.includes(v as Verdict)) && !this.notVerdict.includes(v as Verdict)
  }

  readonly bars = $derived.by((): Bar[] => {
    if (!this.whole) {
      return (this.counts?.days ?? [])
        .filter((d) => d.day)
        .map((d) => {
          const n: Bar['n'] = {}
          d.n.forEach((k, g) => {
            const name = this.counts!.groups[g]!
            if (k) n[(verdicts as string[]).includes(name) ? (name as Verdict) : 'none'] = k
          })
          return { day: Date.parse(d.day), n }
        })
    }
    const by = new Map<number, Bar>()
    for (const i of this.items) {
      if (!i.time_start) continue
      const v = this.verdictOf(i) ?? 'none'
      if (!this.wants(v)) continue
      const day = Math.floor(Date.parse(i.time_start) / DAY) * DAY
      let b = by.get(day)
      if (!b) by.set(day, (b = { day, n: {} }))
      b.n[v] = (b.n[v] ?? 0) + 1
    }
    return [...by.values()].sort((a, b) => a.day - b.day)
  })

  readonly latest = $derived(this.items.reduce((m, i) => Math.max(m, i.time_end ? Date.parse(i.time_end) : 0), 0))

  private query(span: boolean) {
    const q: Record<string, string | string[] | number> = {}
    for (const k of filterKeys) {
      const v = many(k)
      if (v.length) q[k] = v.length === 1 ? v[0]! : v
    }
    if (span) {
      if (router.get('from')) q.from = router.get('from')
      if (router.get('to')) q.to = router.get('to')
      // By all readings the server can be asked whether they differ, and no more.
      const asked = many('verdict')
      if (asked.length && this.terms && (this.reading !== '*' || asked.every((v) => v.endsWith('contested')))) {
        q.terms = this.terms
        q.verdict = asked
        if (this.reading !== '*') q.reading = this.reading
      }
    }
    return q
  }

  // address of the same question as a file.
  file(ending: 'json' | 'csv' | 'geojson'): string {
    const p = new URLSearchParams()
    for (const [k, v] of Object.entries(this.query(true))) p.set(k, Array.isArray(v) ? v.join(',') : String(v))
    const s = p.toString()
    return '/incidents.' + ending + (s ? '?' + s : '')
  }

  private running: AbortController | undefined
  private question = ''
  private held = -1 // size of the log that the answer is of; without end while one is under way

  // load asks anew, unless the answer that is here, or on its way, is of the record as
  // it is: its size is often learned after the first question. What load depends on is
  // read before it waits.
  async load() {
    const question = this.asks
    if (question === this.question && session.size <= this.held) return
    this.question = question
    this.held = Infinity
    this.running?.abort()
    const me = (this.running = new AbortController())
    const [all, some] = [this.query(false), this.query(true)]
    const by = this.by
    this.loading = true
    try {
      if (!this.texts.length) this.texts = (await get<Regimes>('/api/regimes', {}, me.signal)).items
      const l = await get<IncidentList>('/api/incidents', { ...all, whole: WHOLE, limit: PIECE }, me.signal)
      if (!l.next) {
        this.whole = true
        this.items = l.items
        this.totals = l.totals
        this.next = ''
        this.cells = null
      } else {
        const [part, counts] = await Promise.all([
          JSON.stringify(some) === JSON.stringify(all) ? l : get<IncidentList>('/api/incidents', { ...some, limit: PIECE }, me.signal),
          get<Counts>('/api/counts', { ...all, by: by && !by.endsWith('@*') ? by : '' }, me.signal),
        ])
        this.whole = false
        this.items = part.items
        this.totals = part.totals
        this.next = part.next ?? ''
        this.counts = counts
      }
      this.error = ''
      this.held = Object.values(l.vector)[0] ?? -1
      // The record has grown meanwhile.
      if (session.size > this.held) setTimeout(() => this.load())
    } catch (e) {
      if (me.signal.aborted) return
      this.held = -1
      this.error = e instanceof Error ? e.message : String(e)
    } finally {
      if (!me.signal.aborted) this.loading = false
    }
  }

  async more() {
    if (!this.next || this.loading) return
    const cursor = this.next
    this.next = ''
    const l = await get<IncidentList>('/api/incidents', { ...this.query(true), limit: PIECE, cursor })
    this.items = [...this.items, ...l.items]
    this.next = l.next ?? ''
  }

  // grid asks for numbers in cells, where there are too many incidents to draw.
  async grid(box: [number, number, number, number]) {
    if (this.whole) return
    const [west, south, east, north] = [Math.max(-180, box[0]), Math.max(-85, box[1]), Math.min(180, box[2]), Math.min(85, box[3])]
    const q = this.query(true)
    delete q.bbox
    const b = await get<Bins>('/api/bins', { ...q, bbox: [west, south, east, north].map((d) => d.toFixed(4)).join(','), width: 64, height: 48 })
    this.cells = { west, south, east, north, width: b.width, height: b.height, n: b.n }
  }

  private readonly asks = $derived(JSON.stringify([this.query(false), this.whole ? 0 : this.query(true), this.whole ? 0 : this.by]))
  // key changes when the answers may: with the filters, and with the record.
  readonly key = $derived(this.asks + session.size)
}
