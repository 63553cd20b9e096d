// The part of /api/daily that the page reads.
export interface Piece {
  text: string
  figure?: string
  href?: string
  quoted?: boolean
}
export type Sentence = Piece[]
export interface Table {
  id: string
  title: string
  columns: string[]
  rows: (Sentence | null)[][] | null
  ids?: string[]
  notes?: Sentence[]
  empty?: string
}
export interface Section {
  id: string
  title: string
  says?: Sentence[]
  tables?: Table[]
  after?: Sentence[]
}
export interface Counted {
  rule: string
  unit: string
  low: number
  high: number
  unbounded: boolean
  sources: string[] | null
  counted: string[] | null
  open: string[] | null
  left_out: { because: string; records: string[] }[] | null
  unknown_share: number
  coverage: number | null
}
export interface Figure extends Counted {
  id: string
  name: string
  before?: Counted
  issued?: string
  revised?: boolean
}
export interface Asked {
  date: string
  for: string
  days: number
  lang: string
  cutoff: string
  zone: string
  rule?: string
}
export interface Report {
  lang: string
  title: string
  mission?: string
  head: Sentence[]
  rule: string
  summary: Sentence[]
  sections: Section[]
  annexes: Table[]
  figures: Figure[]
}
// What is answered while none was made yet has no report.
export type DailyAnswer = Omit<DailyPage, 'report'> & { report?: Report }
export interface DailyPage {
  asked: Asked
  vector: Record<string, number>
  as_of_size: number
  newer_entries: number
  working: boolean
  may: { for: string[]; issue: boolean; pdf?: string }
  report: Report
  graphics: { id: string; section: string; title: string; says: Sentence[] }[]
  methods: { figure: string; now: string; says: Sentence[] }[]
  tables: string[]
  rules: { id: string; says: string; source: string; blind?: string[] }[]
  already?: string
}
export interface Issued {
  id: string
  index: number
  made: string
  corrects?: string
  corrected_by?: string
  title: string
  lang: string
  from: string
  to: string
  rule: string
  vector: string[]
  files: string[]
  figures: Record<string, string>
  marking: string
  reason?: string
}

// number is a figure as an issued report keeps it, the same in every language.
export const number = (f: Counted): string => (f.unbounded ? `at least ${f.low}` : f.low === f.high ? String(f.low) : `${f.low}..${f.high}`)
