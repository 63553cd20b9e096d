// A place in words, where it is not a point with a radius: a first-level area by its
// name, a sector by where it was seen from. What files call it stands in none of them.
import { i18n, num, t } from './i18n.svelte'

let names = $state.raw<Record<string, Record<string, string>>>({})
let asked: Promise<void> | undefined

// The names are had once, and only where a place needs them.
function ask() {
  asked ??= fetch('/map/names.json').then(
    async (r) => {
      if (r.ok) names = await r.json()
    },
    () => void (asked = undefined), // codes stand in for them
  )
}

const km = (m: string) => num(Math.round(Number(m) / 100) / 10)

export function placeSays(place: string | undefined): string {
  if (!place) return ''
  const s = /^sector:([-\d.]+),([-\d.]+),([\d.]+)±([\d.]+),([\d.]+)-([\d.]+)$/.exec(place)
  if (s) return t('place.sector', { near: km(s[5]!), far: km(s[6]!), bearing: num(Number(s[3])), off: num(Number(s[4])), lat: s[1]!, lon: s[2]! })
  if (!place.startsWith('area:')) return place
  ask()
  return place
    .slice(5)
    .split('|')
    .map((code) => names[code]?.[i18n.lang] ?? names[code]?.en ?? code)
    .join(' ' + t('or') + ' ')
}
