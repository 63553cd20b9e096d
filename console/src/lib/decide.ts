// Entries that people write from a page. Ids are made here, so that an entry that is
// sent again after an error is the same.
import { post } from './api'
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

// record sends entries in their order; what was sent stays sent if a later one is
// refused, and sending all again does no harm.
export async function record(entries: Entry[]): Promise<void> {
  for (const e of entries) await post('/api/entries', e)
}
