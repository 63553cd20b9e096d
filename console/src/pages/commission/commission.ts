// The part of /api/commission that the page reads, and how parts of it are said.
import { has, t } from '../../lib/i18n.svelte'
import { lasting, moment } from '../../lib/time'

export interface Stop {
  from: string
  until?: string
  reason: string
}
export interface Clock {
  step: string
  who?: string[]
  says?: string
  state: 'waiting' | 'running' | 'stopped' | 'met' | 'late' | 'overdue' | 'unclear' | 'free'
  started?: string
  due?: string
  civil?: Record<string, string>
  at?: string
  entry?: string
  stops?: Stop[]
  default?: string
  note?: string
}
export interface Taken {
  step: string
  party?: string
  answer?: string
  says: string
  at: string
  entry: string
  taken_down?: boolean
  tier?: string
}
export interface Signed {
  member: string
  says: string
  reason?: string
  at: string
  entry: string
}
export interface Determination {
  gates?: Gate[]
  entry: string
  by?: string
  answer?: string
  says: string
  facts?: Record<string, string>
  tier?: string
  proposed: string
  adopted?: string
  recorded?: string
  appealed?: string
  signed?: Signed[]
  quorum?: number
  needed?: number
  took_part: number
  agreed: number
  waiting?: string[]
  dissented?: Signed[]
}
export interface Case {
  id: string
  number: number
  text: string
  clauses?: string[]
  by: string
  against: string
  says: string
  asks?: string
  about?: string[]
  opened: string
  state: string
  tier?: string
  rule?: string
  clocks: Clock[]
  missing: string[]
  gates: Gate[]
  steps: Taken[]
  determinations?: Determination[]
  tiers?: { tier: string; at: string; why: string }[]
  stops?: Stop[]
}
// Gate is one thing that keeps a case or a window from going on.
export interface Gate {
  code: string
  step?: string
  of?: string[]
  at?: string
  after?: string
  have?: number
  need?: number
  quorum?: number
  tier?: string
  reason?: string
  default?: string
  says: string // in English
}
export interface Message {
  id: string
  number: number
  from?: string
  to: string[]
  at: string
  template?: string
  words?: Record<string, string>
  says?: string
  language?: string
  about?: string[]
  due?: string
  state: 'open' | 'acknowledged' | 'late' | 'overdue'
  missing?: string[]
  acknowledged?: { by?: string; at: string; says?: string; entry: string }[]
  taken_down?: boolean
}
export interface Period {
  day: string
  state: string
  verified: number
  claimed?: Record<string, number>
}
export interface Duty {
  text: string
  clause: string
  readings: string[]
  bearer: string
  does: string
  words?: string
  state: string
  because: string
  due?: string
  due_from?: string
  late_until?: string
  evidence?: string
  verifier?: string
  on_violation?: string
  linked?: { clause: string; bearer: string; state: string }[]
  quota?: number
  unit?: string
  periods?: Period[]
  counts?: Record<string, number>
  required?: number
  required_most?: number
  verified?: number
  claimed?: Record<string, number>
  left?: { event: string; verdict: string; clause: string; at: string }[]
}
export interface Answer {
  entry: string
  text: string
  clause: string
  party: string
  stage: string
  to?: string
  says: string
  at: string
  from?: string
  acts?: number
  state: 'holds' | 'does-not-hold' | 'open'
  checks: { what: string; is: 'yes' | 'no' | 'open'; says: string }[]
}
export interface Window {
  id: string
  number: number
  by?: string
  purpose: string
  lat: number
  lon: number
  within_m: number
  from: string
  until: string
  of: string[]
  guaranteed?: string[]
  state: string
  missing?: string[]
  gates?: Gate[]
  steps?: Taken[]
  says: string
}
export interface Activity {
  id: string
  number: number
  party: string
  what: string
  acts: string[]
  lat: number
  lon: number
  within_m: number
  from: string
  until: string
  at: string
  late?: boolean
  state: string
  seen: { event: string; how: 'fits' | 'may-fit' }[]
  says: string
}
export interface Act {
  about: string
  kind: string
  step?: string
  party?: string
  member?: string
  answers?: string[]
  reasons?: string[]
  why?: string
  taken_down?: boolean
}
export interface Rule {
  clause: string
  kind: string
  says?: string
  of?: string[]
}
export interface Rules {
  text: string
  title: string
  parties: { id: string; name?: string }[]
  clauses: Rule[]
  course?: string
  says?: string
  steps?: { id: string; by?: string; within?: string; default?: string; needs?: string[]; quorum?: number; signatures?: number }[]
  members?: string[]
  tiers?: string[]
  stops?: string[]
  clocks?: { of: string; zone?: string }[]
  powers?: Rule[]
  answers: boolean
  duties?: Rule[]
}
export interface Title {
  id: string
  radio?: string
  title?: string
  marking?: string
}
export interface Inject {
  number: number
  name: string
  says: string
  at: string
  expects?: string
  of?: string
  due?: string
  state: string
  took?: string
}
export interface CommissionPage {
  vector: Record<string, number>
  now: string
  exercise?: { name: string; banner: string; injects: Inject[] }
  problems?: { entry: string; kind: string; why: string }[]
  standing: string
  you: { party?: string; takes: boolean; chair: boolean; kinds: string[] }
  cases: Case[]
  total: number
  messages: Message[]
  templates: Record<string, string[]>
  duties: Duty[]
  responses: Answer[]
  windows: Window[]
  activities: Activity[]
  deadlines: { id: string; at: string; what: string; of?: string; state: string }[]
  acts: Act[]
  texts: Rules[]
  about?: Title & { ids: string[] }
  titles: Record<string, Title>
}
export interface Chains {
  text: string
  items: { reading: string; begins: string; links: { by: string; clause?: string; after: string; acts: number; verdict: string }[]; endless: boolean; ends: string }[]
  note: string
}

// A text can name steps and answers of its own: those that have no words here are
// shown as the text has them.
export const word = (group: string, w: string | undefined): string => (w ? (has(`${group}.${w}`) ? t(`${group}.${w}`) : w.replaceAll('-', ' ')) : '')
export const name = (who: string | undefined): string => who || t('com.commission')
// What a determination says is a verdict, or that nothing could be attributed.
export const answer = (w: string | undefined): string => (w && has('answer.' + w) ? t('answer.' + w) : w && has('verdict.' + w) ? t('verdict.' + w) : (w ?? ''))

// gate says what keeps something from going on; a code that has no words here is said as
// the server says it.
export function gate(g: Gate, now: number): string {
  if (!has('gate.' + g.code)) return g.says
  const far = g.at ? lasting(Math.abs(Date.parse(g.at) - now)) : ''
  const of = g.of?.length ? (g.code === 'guarantee' ? g.of.join(', ') : ` (${g.of.join(', ')})`) : ''
  const says = t('gate.' + g.code, { step: word('step', g.step), of, time: far, at: g.at ? moment(Date.parse(g.at)) + ' UTC' : '', after: word('step', g.after), have: g.have ?? 0, need: g.need ?? 0, tier: g.tier ? ` (${g.tier})` : '', reason: g.reason ?? '' })
  const more = [g.default && t('gate.default', { says: g.default }), g.code === 'part' && g.of?.length && t('gate.without', { of: g.of.join(', ') }), g.code === 'unproposed' && g.need && t('gate.needs', { need: g.need, quorum: g.quorum || g.need })]
  return [says, ...more].filter(Boolean).join('; ')
}

// Field is a question of a form.
export interface Field {
  name: string
  label: string
  kind: 'text' | 'area' | 'select' | 'number' | 'time' | 'check' | 'many'
  options?: { value: string; says: string }[]
  value?: string
  list?: string[]
  required?: boolean
  hint?: string
  when?: (values: Record<string, string>) => boolean
}
