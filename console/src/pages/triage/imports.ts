// What /api/imports answers (docs/import.md).
export interface Column {
  from: string
  to: string
  values?: Record<string, string>
  unknown?: 'block' | 'allow'
}

export interface Mapping {
  sheet?: string
  header?: number
  zone?: string
  dates?: string
  key?: string[]
  unknown?: string
  constants?: Record<string, string>
  columns: Column[]
}

export interface ProposedColumn {
  from: string
  to?: string
  confidence: number
  reasons: string[]
  examples?: string[]
  words?: { word: string; rows: number; to?: string; reason: string }[]
}

export interface Upload {
  upload: string
  format?: string
  why: string
  kind?: string
  sheets?: { name: string; hidden?: boolean; rows: number }[]
  proposed?: { mapping: Mapping; columns: ProposedColumn[]; open?: string[] }
}

export interface Fault {
  row: number
  column?: string
  cell?: string
  field?: string
  value?: string
  message: string
  fatal: boolean
}

export interface Preview {
  rows: { row: number; incident?: { time: string; place: string; actor: string; act: string; target: string; text?: string } }[]
  unused?: string[]
  faults?: Fault[]
}

export interface Outcome {
  state: 'new' | 'edition' | 'unchanged'
  rows: number
  incidents: number
  reports: number
  new: number
  updated: number
  unchanged: number
  withdrawn: number
  rejected: number
  unknown?: string[]
  faults: Fault[]
  more_faults?: number
  id?: string
  index?: number
  receipt?: string
  sha256: string
}

// fields are what a column may fill: columns of the incidents file
// (docs/formats.md), and parts of them.
export const fields = ['id', 'time_start', 'time_end', 'date', 'clock', 'position', 'lat', 'lon', 'precision_m', 'place', 'actor', 'act', 'outcome', 'means', 'target', 'owner', 'controller', 'killed', 'injured', 'damage', 'level', 'source', 'text']
