// What the API answers (GET /openapi.json), as far as pages read it.

export type Verdict = 'breach' | 'permitted' | 'not-covered' | 'not-in-force' | 'undetermined' | 'contested'
export type Vector = Record<string, number>
export type Lit = 'no' | 'yes' | 'maybe' | 'if-text'

export interface Totals {
  matched: number
  shown: number
  unlocated: number
  undated: number
  straddling: number
  withheld: number
}

export interface Finding {
  since: number
  until?: number
  terms: string
  reading: string
  verdict: Verdict
  says: string
  party?: string[]
  author?: string[]
  level: string
  clauses?: { clause: string; verdict: Verdict; party?: string[]; share: number }[]
  deciding?: string
  profile?: Verdict[]
  assumes?: string[]
  terms_digest: string
  engine: string
  tzdata: string
}

export interface Dispute {
  entry: string
  of: string
  status: 'open' | 'adopted' | 'rejected'
  by?: string
}

export interface Incident {
  id: string
  radio?: string
  state: 'report' | 'incident' | 'row'
  title?: string
  members?: string[]
  merges?: string[]
  apart?: string[]
  reports?: string[]
  claims?: string[]
  determinations?: string[]
  corrections?: string[]
  disputes?: Dispute[]
  dataset?: string
  row?: string
  level: string
  marking: string
  time_start?: string
  time_end?: string
  lat?: number
  lon?: number
  precision_m?: number
  place?: string
  actor?: string
  act?: string
  outcome?: string
  means?: string
  target?: string
  owner?: string
  controller?: string
  scenarios: number
  killed?: string
  injured?: string
  damage?: string
  severity?: string
  source?: string
  text?: string
  notes?: string[]
  problems?: string[]
  erased?: number
  since: number
}

export interface IncidentItem extends Incident {
  findings: Finding[]
}

export interface IncidentList {
  vector: Vector
  totals: Totals
  items: IncidentItem[]
  next?: string
}

export interface Counts {
  vector: Vector
  totals: Totals
  by: string
  groups: string[]
  days: { day: string; n: number[] }[]
  rule: string
}

export interface Bins {
  vector: Vector
  totals: Totals
  width: number
  height: number
  n: number[]
}

export interface Doc {
  index: number
  /** whose log it stands in, where that is another office's */
  office?: string
  /** its place in that log, where index is not */
  place?: number
  id: string
  kind: string
  author: string
  account?: string
  made: string
  valid?: string
  refs?: { relation: string; id: string }[]
  blobs?: string[]
  leaf: string
  marking: string
  payload?: Record<string, unknown>
  erased?: boolean
  root?: string
  problem?: string
}

export interface DocList {
  vector: Vector
  totals: { shown: number; unlocated: number; undated: number; erased: number; closed: number }
  items: Doc[]
  next?: string
}

// HeldApart is what people hold to be another event.
export interface HeldApart {
  a: string
  b: string
  a_radio?: string
  b_radio?: string
  entry: string
  account?: string
  reason?: string
}

export interface IncidentPage {
  vector: Vector
  incident: IncidentItem
  history: (Incident & { until?: number })[]
  revised: Finding[]
  reports: Doc[]
  claims: Doc[]
  others: Doc[]
  apart?: HeldApart[]
  closed: number
  standing: string
}

export interface Question {
  id: string
  text?: string
  answers?: string[]
}

export interface Stretch {
  from?: string
  to?: string
  certain: boolean
}

export interface Reading {
  id: string
  title?: string
  status?: string
  held_by?: string[]
  source?: string
  note?: string
  assumes?: string[]
  questions?: Question[]
  life: { party: string; stretches: Stretch[] }[]
}

export interface TextClause {
  id: string
  kind: string
  text?: string
  readings?: string[]
  reason?: string
  note?: string
}

export interface Text {
  id: string
  title: string
  version?: string
  digest: string
  zone?: string
  parties: { id: string; name?: string }[]
  languages?: string[]
  readings: Reading[]
  clauses: TextClause[]
  entry: string
}

export interface Regimes {
  vector: Vector
  items: Text[]
}

export interface Weighed {
  id: string
  kind: string
  pieces: { text: string; dimension?: string; state?: Lit }[]
  conditions?: { dimension: string; state: Lit; fact: string; questions?: string[]; rule?: string }[]
  in_force: Lit
  in_force_for?: string[]
  why?: string
  rule?: string
  speaks: boolean
  verdict?: Verdict
}

export interface Explained {
  terms: string
  title?: string
  reading: string
  reading_title?: string
  status?: string
  held_by?: string[]
  verdict: Verdict
  says: string
  counterfactual?: boolean
  clauses: Weighed[]
  deciding?: { facts: string[]; questions?: Question[]; answers?: { if: string[]; verdict: Verdict }[] }[]
  profile: { level: string; verdict: Verdict }[]
  assumes?: string[]
  notes?: string[]
}

export interface Explanation {
  vector: Vector
  id: string
  facts: [string, string][]
  scenarios?: { name: string; facts: [string, string][] }[]
  findings: Explained[]
  standing: string
}

export interface VectorPage {
  vector: Vector
  log: number
  checkpoint: number
}

// Stand is somebody as whom one may look at a demonstration.
export interface Stand {
  account: string
  name: string
  title?: string
  role: string
  party?: string
}

// Me is who asks, and how the server knows.
export interface Me {
  account?: string
  name?: string
  title?: string
  role: string
  party?: string
  by: 'session' | 'token' | 'demo' | 'nobody'
  demo: boolean
  as?: Stand[] // of a demonstration: as whom one may look
  office: string
  sign_in: string
  sign_out: string
  rights: { action: string; thing: string; markings?: string[]; own?: string[]; logged?: string[] }[]
}

// RecordState is how far the record is, and how far others have seen it.
export interface RecordState {
  vector: Vector
  origin: string
  key: string
  version: string
  engine: string
  tzdata: string
  checkpoint: string
  offices: { origin: string; own: boolean; size: number; root: string; accepted?: number; waiting: number; waited_s: number; behind: number; changed?: string; entry?: string }[]
  policy: boolean
  quorum?: string
  witnesses: { name: string; key: string; groups: string[]; size: number; lag: number; at?: string; checkpoint?: string }[]
  levels: { level: string; size: number; at?: string }[]
  problems?: string[]
}

export interface PlanMeans {
  id: string
  kind: string
  chance: number
  counts: boolean
  level?: string
  from?: string
  to?: string
  by?: string
  cost: number
  needs?: string[]
  why?: string
  notes?: string[]
}

export interface TaskMark {
  id: string
  made: string
  task: string
  state: 'open' | 'done' | 'dropped'
  means?: string
  due?: string
  result?: string
  reason?: string
}

export interface TaskItem {
  id: string
  rank: number
  fact: string
  question: string
  answers: string[]
  incidents: string[]
  place?: string
  lat?: number
  lon?: number
  precision_m?: number
  time_start?: string
  time_end?: string
  worth: number
  expected: number
  by?: string
  by_reason?: string
  access?: string[]
  findings: { incident: string; terms: string; reading: string; worth: number }[]
  can: PlanMeans[]
  cannot: PlanMeans[]
  state: 'open' | 'done' | 'dropped' | 'expired'
  entry?: TaskMark
}

export interface TaskList {
  vector: Vector
  newest: Vector
  working: boolean
  totals: Totals
  at: string
  accept: string
  findings: number
  open: number
  means?: string
  problems?: string[]
  total: number
  items: TaskItem[]
  others: TaskMark[]
  rule: string
}

export interface Coverage {
  vector: Vector
  working?: boolean
  act: string
  from: string
  to: string
  means: string
  problems?: string[]
  posts: { id: string; place: string; area_km2: number; hours: number; watched_hours: number; share: number; incidents: number; possible_incidents: number; claimed_only: number; per_watched_hour: number | null; low: number | null; high: number | null }[]
  hours: { post: string; from: string; to: string; chance: number; by: string[]; hindered?: string[] }[]
  gaps: { post: string; from: string; to: string; hours: number; chance: number; hindered?: string[] }[]
  rule: string
}

export interface Restrictions {
  vector: Vector
  items: { id: string; kind: string; from?: string; to?: string; place?: string; by?: string; reason?: string; delay_minutes?: number; verdicts: Record<string, Verdict>; deciding?: Record<string, string> }[]
  problems?: string[]
  withheld: number
}

// Rules are what numbers, lint, access and facts go by (GET /api/rules).
export interface Rules {
  counting: { id: string; unit: string; says: string; source: string; blind?: string[]; listed?: string[] }[]
  lint: { code: string; title: string; why: string; source?: string; mend: string; severity: 1 | 2 | 3 }[]
  rights: { line: number; roles: string[]; actions: string[]; things: string[]; markings: string[]; whose: string; says: 'allow' | 'log' | 'deny'; because: string }[]
  vocabulary: string
  nodes: Record<string, { path: string; words: string }[]>
}

/** How another office is followed. */
export interface PeerState {
  origin: string
  url?: string
  headquarters: boolean
  may: string
  states: string[]
  contact?: string
  silent_s: number
  failed?: string
  skew_s: number
  took_s: number
  in_rate: number
  seen: number
  held: number
  root?: string
  complete: number
  lag: number
  lag_s: number
  made?: string
  withheld: number
  ahead?: number[]
  queue: { what: string; count: number }[]
  of_us: number
  of_us_lag: number
  of_us_at?: string
  alarms: { at: string; what: string; index: number; says: string; proof?: string }[]
  stopped?: string
  revocation?: { size: number; by: string; entry: string; reason: string }
}

// Preferences are how somebody wants to be shown things.
export interface Preferences {
  language?: string
  theme?: string
  zone?: string // beside UTC and the clocks of both sides
  start?: Record<string, string> // query with which a page opens
}

// Saved is a view that somebody has kept.
export interface Saved {
  id: string
  name: string
  address: string
  shared: boolean
  mine: boolean
  by?: string
  made: string
}

// Own is how one signs in, and where one has.
export interface Own {
  sign_in?: { password: boolean; second_factor: boolean; needed: boolean; recovery: number; outside: string[]; offered: boolean }
  sessions: { mark: string; agent: string; since?: string; last?: string; until: string; this: boolean }[]
  tokens: { id: string; name: string; scopes: string[]; until: string; withdrawn: boolean }[]
  actions: string[]
  things: string[]
  has: string[] // addresses that only some servers have
}

export interface AccountItem {
  id: string
  name?: string
  title?: string
  role?: string
  party?: string
  active: boolean
  waiting?: { role: string; party?: string }
  since: number
  own?: boolean
}

export interface AccountList {
  items: AccountItem[]
  manages: boolean
  confirms: boolean
  named: boolean
  roles: { name: string; confidential: boolean }[]
  ignored?: { index: number; kind: string; why: string }[]
}

export interface SubscriptionRule {
  verdict?: string[]
  terms?: string[]
  reading?: string[]
  clause?: string[]
  act?: string[]
  target?: string[]
  means?: string[]
  level?: string
  within?: { box?: string; near?: string; metres?: number; sure?: boolean }
  at?: string // of a digest
  zone?: string
}

export interface Subscription {
  id: string
  name: string
  sort: 'alert' | 'digest'
  rule: SubscriptionRule
  by: 'mail' | 'webhook'
  to: string
  state: 'waiting' | 'active' | 'paused' | 'withdrawn'
}

export interface Subscriptions {
  items: Subscription[]
  webhooks: string[]
  no_mail?: string // why there is none
}
