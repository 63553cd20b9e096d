// What a report may be one with. The server says it with reasons where it compares
// reports; where it does not, incidents near it in time and place are listed, which
// is no likeness.
import { get } from '../../lib/api'
import { entry, type Entry } from '../../lib/decide'
import type { HeldApart, Incident, IncidentItem, IncidentList } from '../../lib/types'
import { ulid } from '../../lib/ulid'

export interface Reason {
  fact: string
  weight: number
  says: string
}

// Proposed is an entry that nobody has made yet: NEW stands for an id to be made.
export interface Proposed extends Omit<Entry, 'id'> {
  id?: string
}

export interface Candidate {
  id: string
  state: Incident['state']
  title?: string
  likeness?: 'same' | 'possible'
  likely?: number
  reasons: Reason[]
  accept: Proposed[]
  refuse: Proposed[] // says that the two are different events
  near?: IncidentItem
}

export interface Candidates {
  items: Candidate[]
  apart?: HeldApart[]
  compared: number
  left?: number
  says: string
  compares: boolean
}

const HOURS = 12
const KM = 20

export async function candidates(i: IncidentItem, compares: boolean, signal: AbortSignal): Promise<Candidates> {
  if (compares) return { ...(await get<Candidates>(`/api/incidents/${i.id}/candidates`, {}, signal)), compares: true }
  if (!i.time_start || i.lat === undefined || i.lon === undefined) return { items: [], compared: 0, says: '', compares: false }
  const [a, b] = [Date.parse(i.time_start) - HOURS * 3_600_000, Date.parse(i.time_end ?? i.time_start) + HOURS * 3_600_000]
  const d = (KM + (i.precision_m ?? 0) / 1000) / 111
  const w = d / Math.max(0.05, Math.cos((i.lat * Math.PI) / 180))
  const box = [i.lon - w, i.lat - d, i.lon + w, i.lat + d].map((x) => x.toFixed(4)).join(',')
  const l = await get<IncidentList>('/api/incidents', { from: new Date(a).toISOString(), to: new Date(b).toISOString(), bbox: box, limit: 20 }, signal)
  const items = l.items.filter((x) => x.id !== i.id).map((x) => ({ id: x.id, state: x.state, title: x.title || x.text, reasons: [], accept: accept(i, x), refuse: refuse(i, x), near: x }))
  return { items, compared: l.totals.matched, says: '', compares: false }
}

// accept is what takes two as one: a report becomes an incident first. Rows of data
// sets are no entries, and cannot be merged.
export function accept(x: Incident, y: Incident): Proposed[] {
  const about = (...ids: string[]) => ({ id: 'NEW', kind: 'incident@1', refs: ids.map((id) => ({ relation: 'about', id })), payload: { title: '', reason: '' } })
  const merge = (...ids: string[]) => ({ kind: 'merge@1', refs: ids.map((id) => ({ relation: 'merges', id })), payload: { reason: '' } })
  if (x.state === 'row' || y.state === 'row') return []
  if (x.state === 'report' && y.state === 'report') return [about(x.id, y.id)]
  if (x.state === 'report') return [about(x.id), merge('NEW', y.id)]
  if (y.state === 'report') return [about(y.id), merge(x.id, 'NEW')]
  return [merge(x.id, y.id)]
}

// refuse says that two are different events.
export function refuse(x: Incident, y: Incident): Proposed[] {
  return x.state === 'row' || y.state === 'row' ? [] : [{ kind: 'apart@1', refs: [x.id, y.id].map((id) => ({ relation: 'about', id })), payload: { decision: 'apart', reason: '' } }]
}

// shared is for whom an incident of these is made, where all of them are for more than
// the mission; else empty: the mission's, as the kind is.
export function shared(...of: (Incident | undefined)[]): '' | 'parties' | 'public' {
  const all = of.map((i) => i?.marking)
  return all.every((m) => m === 'public') ? 'public' : all.every((m) => m === 'public' || m === 'parties') ? 'parties' : ''
}

// filled gives proposed entries their ids, titles and reason.
export function filled(proposed: Proposed[], title: string, reason: string, marking = ''): Entry[] {
  const made = ulid()
  return proposed.map((p) => ({
    ...entry(p.kind, { ...p.payload, reason, ...(p.kind === 'incident@1' ? { title, ...(marking ? { marking } : {}) } : {}) }),
    ...(p.id ? { id: made } : {}),
    refs: (p.refs ?? []).map((r) => ({ ...r, id: r.id === 'NEW' ? made : r.id })),
  }))
}
