// What the duty office keeps beside the record of events: the watch log, what is
// overdue, changes of shift (GET /api/watchlog, /api/overdue).
import type { Me } from '../../lib/types'

export interface Line {
  number: number
  id: string
  made: string
  account?: string
  time: string
  caller?: string
  channel?: string
  words: string
  became?: { id: string; kind: string }[]
}

export interface Handover {
  id: string
  from: string
  to: string
  leaves: string
  takes: string
  first?: number
  last?: number
  open?: string[]
  note?: string
}

export interface WatchLog {
  total: number
  items: Line[]
  handover?: Handover
  makes: string[]
}

export interface Overdue {
  kind: 'request' | 'task'
  id: string
  task?: string
  says?: string
  of?: string
  due: string
}

export interface OverdueList {
  at: string
  items: Overdue[]
  next: Overdue[]
  rule: string
}

// may asks the table of rights, so that nothing is asked for that would be refused.
export function may(me: Me | null, action: string, thing: string, marking = 'mission'): boolean {
  return !!me?.rights.some((r) => r.action === action && r.thing === thing && (r.markings ?? []).includes(marking))
}

// stamp is a time as entries have it: RFC 3339, to the second.
export const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 19) + 'Z'

export const channels = ['telephone', 'radio', 'message', 'in-person', 'other']
