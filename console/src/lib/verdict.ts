// The order of verdicts on the page, and what is drawn for each: a colour that
// readers who see few colours can tell by its lightness, a shape, and a hatch for
// what is not determined. Colours belong to verdicts; no party has one.
import type { Finding, Verdict } from './types'

export const verdicts: Verdict[] = ['breach', 'contested', 'undetermined', 'permitted', 'not-covered', 'not-in-force']

export const levels = ['claimed', 'reported', 'corroborated', 'verified', 'determined']

// of is what the readings of one text say of an incident; of one reading, or, with
// *, of all: one verdict if they agree, contested if not. Undefined: nothing was
// found.
export function verdictOf(findings: Finding[], terms: string, reading: string): Verdict | undefined {
  let v: Verdict | undefined
  for (const f of findings) {
    if (f.terms !== terms || (reading !== '*' && f.reading !== reading)) continue
    if (v !== undefined && v !== f.verdict) return 'contested'
    v = f.verdict
  }
  return v
}
