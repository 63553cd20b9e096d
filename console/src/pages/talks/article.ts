// What /api/talks/drafts answers, as far as the page reads it, and what of a draft is
// shown.
export interface Words {
  text: string
  start: number
  end: number
}
export interface Speaker {
  party?: string
  name?: string
  role?: string
  words: Words
  open?: string
}
export interface Day {
  words: Words
  value?: string
  end?: string
  relative?: string
  why: string
}
export interface Draft {
  id: string
  kind: string
  words: Words[]
  party?: string
  parties?: string[]
  date?: Day
  place?: string
  state?: string
  medium?: string
  first?: string[]
  then?: string[]
  head?: string
  mandate?: (Words & { speaker?: Speaker })[]
  scope?: string
  days?: number
  stance?: string
  conditions?: Words[]
  mode?: string
  accused?: string
  period?: Words
  norm?: string
  target?: string[]
  claimed_actor?: { by?: string; actor: string; denied?: boolean }[]
  what?: Words
  questions?: Words[]
  speaker?: Speaker
  relay?: string[]
  open?: string[]
}
export interface Match {
  id: string
  state: string
  title?: string
  radio?: string
  reasons: string[]
}
export interface Proposed {
  draft: string
  kind: string
  payload: Record<string, unknown>
  open?: string
  recorded?: string
  set_aside?: string
  matches?: Match[]
}
export interface Source {
  name: string
  url?: string
  title?: string
  text: string
  published?: string
  dateline?: string
}
export interface Line {
  text: string
  words: number[]
}
export interface Drafted {
  source: Source
  article: { lang: string; agency?: string; dateline?: string; dateline_from?: string; text_sha256: string; drafts: Draft[] }
  entries: Proposed[]
}
export interface Drafts {
  articles: Drafted[]
  unread: string[]
}
export interface Done {
  draft: string
  do: string
  kind?: string
  entry?: { id: string; receipt: string }
  refused?: string
  recorded?: string
}

export const kinds = ['meeting', 'sequence', 'delegation', 'agenda', 'proposal', 'position', 'order', 'accusation', 'claim', 'incident', 'response']

// Members of a payload that stay as the article has them.
const fixed = ['quotation', 'read', 'of', 'at', 'says', 'facts', 'mandate']
export const editable = (p: Record<string, unknown>) =>
  Object.entries(p).filter(([k, v]) => !fixed.includes(k) && (typeof v === 'string' || (Array.isArray(v) && v.every((x) => typeof x === 'string'))))

// Members that a kind can have beside those that were read.
export const further: Record<string, string[]> = {
  'meeting@1': ['round', 'title', 'venue', 'day', 'state'],
  'delegation@1': ['delegation', 'round', 'head'],
  'proposal@1': ['proposal', 'version', 'tabled', 'terms', 'day'],
  'position@1': ['holder', 'proposal', 'version', 'clause', 'condition', 'capacity', 'round', 'day'],
  'claim@1': ['by', 'mode', 'accused'],
  'sequence@1': ['day'],
  'agenda@1': ['round', 'day'],
}

// A text cut where words of drafts begin and end; offsets are bytes of UTF-8.
export interface Piece {
  text: string
  of: string[]
}
export function pieces(text: string, drafts: Draft[]): Piece[] {
  const bytes = new TextEncoder().encode(text)
  const read = new TextDecoder()
  const spans = drafts.flatMap((d) => d.words.map((w) => ({ id: d.id, b: w.start, e: w.end })))
  const cuts = [...new Set([0, bytes.length, ...spans.flatMap((s) => [s.b, s.e])])].sort((a, b) => a - b)
  const out: Piece[] = []
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [b, e] = [cuts[i], cuts[i + 1]]
    out.push({ text: read.decode(bytes.subarray(b, e)), of: [...new Set(spans.filter((s) => s.b <= b && e <= s.e).map((s) => s.id))] })
  }
  return out
}
