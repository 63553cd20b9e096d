// Questions to the server. They go to the same origin only, with its session
// cookie where there is one; the server reads no credentials from an address.
import type { Me } from './types'

export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly faults: { message: string; location?: string }[] = [],
  ) {
    super(message)
  }
}

export type Query = Record<string, string | number | string[] | null | undefined>

export function queryText(q: Query): string {
  const p = new URLSearchParams()
  for (const [k, v] of Object.entries(q)) {
    if (v === null || v === undefined || v === '') continue
    // The API takes several values of one key with commas between them.
    if (Array.isArray(v)) {
      if (v.length) p.set(k, v.join(','))
    } else p.set(k, String(v))
  }
  const s = p.toString()
  return s ? '?' + s : ''
}

async function refused(r: Response): Promise<Refused> {
  let detail = r.statusText
  let faults: { message: string; location?: string }[] = []
  try {
    const p = await r.json()
    detail = p.detail ?? p.title ?? detail
    faults = p.errors ?? []
  } catch {
    // no problem document: the status says it
  }
  return new Refused(r.status, detail, faults)
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const r = await fetch(path + queryText(query), { signal, credentials: 'same-origin', headers: { Accept: 'application/json' } })
  if (!r.ok) throw await refused(r)
  return r.json() as Promise<T>
}

export async function text(path: string, signal?: AbortSignal): Promise<string> {
  const r = await fetch(path, { signal, credentials: 'same-origin' })
  if (!r.ok) throw await refused(r)
  return r.text()
}

// me says who asks; it answers everybody.
export function me(): Promise<Me> {
  return get<Me>('/api/me')
}

// post changes something. The server refuses what a page of another site sends, by
// what the browser says of it; JSON it cannot send without being asked.
export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const r = await fetch(path, { method: 'POST', signal, credentials: 'same-origin', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body) })
  if (!r.ok) throw await refused(r)
  return r.json() as Promise<T>
}

// send is another method without a body.
export async function send(method: 'DELETE', path: string): Promise<void> {
  const r = await fetch(path, { method, credentials: 'same-origin', headers: { Accept: 'application/json' } })
  if (!r.ok) throw await refused(r)
}

// said is what went wrong, for people.
export function said(e: unknown): string {
  return e instanceof Refused ? [e.message, ...e.faults.map((f) => f.message)].join(' ') : e instanceof Error ? e.message : String(e)
}
