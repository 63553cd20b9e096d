// The part of /api/talks that the page reads.
export interface Hold {
  party: string
  standing: string
  position?: string
  new?: boolean
  except?: string[]
  flag?: string
}
export interface Cell {
  round: string
  version?: string
  status: 'agreed' | 'agreed-if' | 'apart' | 'open' | 'none'
  holds: Hold[]
}
export interface Row {
  clause: string
  says?: string
  cells: Cell[]
}
export interface Version {
  entry: string
  version: string
  tabled?: string
  terms?: string
  day?: string
  confided?: boolean
}
export interface Proposal {
  id: string
  title: string
  versions: Version[]
  needs: string[]
  rows: Row[]
}
export interface Words {
  says: string
  by?: string
  day?: string
  of?: string
  may?: string[]
}
export interface Delegation {
  party: string
  heads?: string[]
  members?: string[]
  mandate: Words[]
  conflict: boolean
}
export interface Telling {
  entry: string
  by?: string
  state: string
  day?: string
  says?: string
  quotation?: string
  of?: string
}
export interface Meeting {
  id: string
  parties: string[]
  state: string
  day?: string
  venue?: string
  medium?: string
  told: Telling[]
}
export interface Round {
  id: string
  title?: string
  day?: string
  meetings: Meeting[]
  delegations: Delegation[]
  agenda: { entry: string; asks: string; by?: string; of?: string }[]
  counts: Record<string, number>
}
export interface Position {
  id: string
  holder: string
  proposal: string
  version: string
  clause?: string
  stance: string
  standing: string
  condition?: string
  conditions?: { id: string; state: string; by: string; day: string; says: string; settles: boolean }[]
  day: string
  by?: string
  quotation: string
  summary?: boolean
  of: string
  confided?: boolean
  mandate?: string
  superseded?: boolean
}
export interface Commitment {
  position: string
  standing: string
  since?: string
  condition?: string
  met?: string
  confided?: boolean
  recorded?: string
  differs?: boolean
  entry: { id: string; text: string; party: string; commitment: string }
}
export interface LedgerRow {
  entry: string
  kind?: string
  of?: string
  about?: string
  to: string
  day?: string
  says?: string
  received: { id: string; day?: string; says?: string }[]
}
export interface Talks {
  rounds: Round[]
  proposals: Proposal[]
  positions: Position[]
  commitments: Commitment[]
  ledger: LedgerRow[]
  notes: { id: string; of?: string; says: string; about?: string; disclosed?: string[] }[]
  problems: { entry: string; kind: string; why: string }[]
}

// The language of words, for whoever reads them aloud: by the letters only.
export const lang = (s: string) => (/[іїєґІЇЄҐ]/.test(s) ? 'uk' : /[а-яА-Я]/.test(s) ? 'ru' : /[؀-ۿ]/.test(s) ? 'ar' : undefined)
