// What the address of the page asks for, in words: it goes with each picture.
import { has, t } from './i18n.svelte'
import { router } from './router.svelte'

const quiet = new Set(['sel', 'map', 'view', 'n', 'lint', 'all', 'do'])

export function asked(): string[] {
  const by = new Map<string, string[]>()
  for (const [k, v] of router.place.query) {
    if (quiet.has(k) || !v) continue
    by.set(k, [...(by.get(k) ?? []), ...v.split(',')])
  }
  const said = (k: string, v: string) => {
    if (v === '-') return t('fact.unknown')
    const [not, of] = v.startsWith('!') ? ['≠ ', v.slice(1)] : ['', v]
    return not + (has(`${k}.${of}`) ? t(`${k}.${of}`) : of)
  }
  const name = (k: string) => (has('asked.' + k) ? t('asked.' + k) : has(k) ? t(k) : has('fact.' + k.replace('f.', '')) ? t('fact.' + k.replace('f.', '')) : k)
  const all = [...by].map(([k, vs]) => `${name(k)}: ${vs.map((v) => said(k, v)).join(', ')}`)
  return all.length ? [all.join(' · ')] : []
}
