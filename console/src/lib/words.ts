// Words for the values of facts. Nodes of the trees have words in the message
// files where a reader needs them; what has none is shown as it is.
import { has, i18n, t } from './i18n.svelte'
import { placeSays } from './places.svelte'
import { moment, span } from './time'
import type { Finding, Weighed } from './types'

// node says a|b|c by the last parts that have words.
export function node(tree: string, value: string | undefined): string {
  if (!value) return t('fact.unknown')
  return value
    .split('|')
    .map((v) => (has(`${tree}.${v}`) ? t(`${tree}.${v}`) : v.split('.').slice(-2).join(' · ').replaceAll('-', ' ')))
    .join(' ' + t('or') + ' ')
}

// factName is what a fact is called; text.ID is a question that the text leaves open.
export function factName(fact: string): string {
  if (fact.startsWith('text.')) return t('fact.text', { of: fact.slice(5).replaceAll('-', ' ') })
  return has('fact.' + fact) ? t('fact.' + fact) : fact.replaceAll('_', ' ')
}

// factSays is a value of a fact, or an answer to a question of the text.
export function factSays(fact: string, value: string): string {
  if (value === 'unknown') return t('fact.unknown')
  if (['act', 'outcome', 'means', 'target', 'intended_target'].includes(fact)) return node(fact.replace('intended_', ''), value)
  if (['actor', 'owner', 'controller'].includes(fact)) return parties(value)
  if (fact === 'place' || fact === 'origin') return placeSays(value.split(' (')[0])
  if (fact === 'time' || fact === 'launch') {
    const [a, b] = value.split('..')
    return span(a, b ?? a) || value
  }
  if (has('answer.' + value)) return t('answer.' + value)
  return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? moment(Date.parse(value)) + ' UTC' : value
}

// findingSays is what a finding says, in the language of the page. In English the
// server has said it.
export function findingSays(f: Finding, clauses: Weighed[]): string {
  if (i18n.lang === 'en') return f.says
  const level = t('level.' + f.level)
  if (f.verdict === 'permitted') return t('finding.permitted', { level })
  if (f.verdict !== 'breach') return t('verdict.says.' + f.verdict)
  const which = clauses.filter((c) => c.verdict === 'breach' && c.kind === 'forbid').map((c) => c.id)
  const says = which.length ? t('finding.breach', { clauses: which.join(', '), level }) : t('finding.breach.any', { level })
  return says + ' ' + (f.author && f.author.length > 1 ? t('finding.author.open', { author: parties(f.author.join('|')) }) : t('finding.author', { author: parties(f.author?.join('|')) }))
}

export function parties(value: string | undefined): string {
  if (!value) return t('fact.unknown')
  return value.split('|').sort().join(' ' + t('or') + ' ')
}

// titleOf is what an incident is called: by its own words, or where those are not for
// the reader, or there are none, by what is known of the act.
export function titleOf(i: { title?: string; text?: string; act?: string; target?: string; radio?: string; id: string }): string {
  const facts = [i.act && node('act', i.act), i.target && i.target !== 'none' && node('target', i.target)].filter(Boolean).join(': ')
  return i.title || i.text || facts || i.radio || i.id
}
