// What the server answers about texts: as they stand, what truce check finds in
// them, where two differ, and what would follow if facts were others.
import type { Explained, Incident, Totals, Vector, Verdict } from './types'

export interface Version {
  language?: string
  authentic?: boolean
  text: string
}

export interface Passage {
  kind: 'front' | 'heading' | 'prose' | 'sentence' | 'block'
  line: number
  last: number
  text: string
  clause?: string
  texts?: Version[]
}

export interface Source {
  vector: Vector
  id: string
  entry: string
  version?: string
  digest: string
  newest: boolean
  source: string
  passages: Passage[]
}

export interface Lint {
  line: number
  column: number
  title: string
  says: string
  source?: string
  code: string
  severity: 1 | 2 | 3
  readings?: string[]
  clause?: string
  why: string
  mend: string
  witness?: { act: string; facts: Record<string, string>; says: { as?: string; verdict: Verdict; turns_on?: string; reserved?: string }[] }[]
  justified?: string
}

export interface Example {
  name: string
  line: number
  facts: Record<string, string>[]
  assume_in_force?: boolean
  holds: boolean
  readings: { reading: string; verdict: Verdict; expected?: string; deciding?: string; differs?: string[] }[]
  fault?: string
}

export interface Check {
  ok: boolean
  id?: string
  version?: string
  digest?: string
  problems: { line: number; column: number; message: string; warning?: boolean }[]
  lint: Lint[]
  examples: Example[]
  notes?: string[]
  passages?: Passage[]
}

export interface TextVersions {
  id: string
  items: { entry: string; index: number; made: string; title?: string; digest: string; newest: boolean; supersedes?: string[]; problem?: string }[]
  closed: number
}

export interface TextCounts {
  totals: Totals
  readings: { reading: string; verdicts: Partial<Record<Verdict, number>>; clauses: Record<string, Partial<Record<Verdict, number>>> }[]
}

export interface Witness {
  sentence: string
  facts: [Record<string, string>, Record<string, string>]
  placed?: boolean
}

export interface Box {
  words: string
  cases: string
  clauses_a?: string[]
  clauses_b?: string[]
  witness: Witness
}

export interface Difference {
  kind: string
  here: 'A' | 'B'
  a: Verdict
  b: Verdict
  question?: string
  words: string
  cases: string
  boxes?: Box[]
  rest?: string
}

export interface SideOf {
  id: string
  entry: string
  title: string
  version?: string
  digest: string
  readings: string[]
  never?: string[]
  as_if?: string[]
}

export interface Run {
  op: 'out' | 'kept' | 'in'
  text: string
}

export interface Cell {
  id: string
  kind?: string
  texts?: Version[]
}

export interface Amended {
  what: string
  clause?: string
  state: string
  redline?: { language?: string; authentic?: boolean; text: string }[]
  keys?: { path: string; old?: string; new?: string; rules_on_nothing?: boolean }[]
  rules_otherwise: boolean
  cases: string
  effects?: { old: Verdict; new: Verdict; question?: string; cases: string; boxes: Box[]; rest?: string }[]
  other_changes?: string[]
}

export interface Comparison {
  vector: Vector
  a: SideOf
  b: SideOf
  comparison: { cases: string; same: string; notes?: string[]; differences: Difference[] }
  texts: { rows: { a?: Cell; b?: Cell; redline?: Run[] }[]; same: boolean; apart: boolean; zones: { name: string; a: boolean; b: boolean; geometry: unknown }[] }
  amendment?: { unchanged: number; changes: Amended[] }
  history?: {
    incidents: number
    texts: { verdicts: Partial<Record<Verdict, number>>; open_or_contested_share: [number, number, number] }[]
    changes: { from: Verdict; to: Verdict; incidents: number }[]
    changed: { incident: string; time?: string; target: string; verdicts: [Verdict, Verdict] }[]
  }
  incidents: Incident[] // the newest of those that change verdict
  totals: Totals
  looked: number
  changed: number
  newest?: boolean // only the newest were judged
  working?: boolean // all are being judged
  standing: string
}

export interface Supposed {
  vector: Vector
  incident?: string
  facts: [string, string][]
  items: (Explained & { before: Verdict; changed: boolean })[]
  changed: number
  standing: string
}

// big groups the digits of a whole number that may be too large for a number.
export function big(n: string, lang: string): string {
  return new Intl.NumberFormat(lang === 'ar' ? 'ar-u-nu-latn' : lang).format(BigInt(n))
}

// share of a whole, as text: "over 99.99 %" and "under 0.01 %" where rounding would
// say all or nothing.
export function share(part: string, whole: string, lang: string): string {
  const w = BigInt(whole)
  const says = (p: number) => new Intl.NumberFormat(lang === 'ar' ? 'ar-u-nu-latn' : lang, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(p) + ' %'
  if (w === 0n) return '0 %'
  const p = Number((BigInt(part) * 1_000_000n) / w) / 10_000
  if (p > 99.99 && part !== whole) return '> ' + says(99.99)
  if (p < 0.01 && part !== '0') return '< ' + says(0.01)
  return says(p)
}
