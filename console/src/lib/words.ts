// Words for the values of facts. Nodes of the trees have words in the message
// files where a reader needs them; what has none is shown as it is.
import { has, t } from './i18n.svelte'

// node says a|b|c by the last parts that have words.
export function node(tree: string, value: string | undefined): string {
  if (!value) return t('fact.unknown')
  return value
    .split('|')
    .map((v) => (has(`${tree}.${v}`) ? t(`${tree}.${v}`) : v.split('.').slice(-2).join(' · ').replaceAll('-', ' ')))
    .join(' ' + t('or') + ' ')
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
