// Entries that people write from a page. Ids are made here, so that an entry that is
// sent again after an error is the same.
import { get, post } from './api'
import { session } from './session.svelte'
import type { VectorPage } from './types'
import { ulid } from './ulid'

export interface Entry {
  id: string
  kind: string
  refs?: { relation: string; id: string }[]
  payload: Record<string, unknown>
}

export const entry = (kind: string, payload: Record<string, unknown>, refs: [string, string][] = []): Entry => ({
  id: ulid(),
  kind,
  refs: refs.map(([relation, id]) => ({ relation, id })),
  payload,
})

// apartly says that two are different events, or takes that back.
export const apartly = (decision: 'apart' | 'withdrawn', reason: string, a: string, b: string): Entry =>
  entry('apart@1', { decision, reason }, [
    ['about', a],
    ['about', b],
  ])

// record sends entries in their order; what was sent stays sent if a later one is
// refused, and sending all again does no harm.
export async function record(entries: Entry[]): Promise<void> {
  for (const e of entries) await post('/api/entries', e)
}

// written sends entries in their order, and waits until answers know the last of them,
// so that a page that is loaded anew has them.
export async function written(entries: Entry[]): Promise<void> {
  let last = -1
  for (const e of entries) last = (await post<{ index: number }>('/api/entries', e)).index
  await held(last)
}

// held waits until answers know an entry.
export async function held(index: number): Promise<void> {
  for (let i = 0; i < 60; i++) {
    const v = await get<VectorPage>('/api/vector')
    session.saw(v)
    if ((v.vector[session.me?.office ?? ''] ?? Object.values(v.vector)[0] ?? 0) > index) return
    await new Promise((f) => setTimeout(f, 150))
  }
}
