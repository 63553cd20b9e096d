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
