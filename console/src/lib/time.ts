// Times are shown in UTC and on the civil clocks of both sides, with equal rank, in
// the order of the names of the places.
import { i18n } from './i18n.svelte'

export const civil = [
  { place: 'Kyiv', zone: 'Europe/Kyiv' },
  { place: 'Moscow', zone: 'Europe/Moscow' },
] as const

export const DAY = 86_400_000

function locale(): string {
  return i18n.lang === 'ar' ? 'ar-u-nu-latn-ca-gregory' : i18n.lang === 'en' ? 'en-GB' : i18n.lang
}

const kept = new Map<string, Intl.DateTimeFormat>()

function format(zone: string, o: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + zone + JSON.stringify(o)
  let f = kept.get(key)
  if (!f) kept.set(key, (f = new Intl.DateTimeFormat(locale(), { timeZone: zone, hourCycle: 'h23', ...o })))
  return f
}

export function day(ms: number, zone = 'UTC', year = true): string {
  return format(zone, { day: 'numeric', month: 'short', ...(year ? { year: 'numeric' } : {}) }).format(ms)
}

export function clock(ms: number, zone = 'UTC'): string {
  return format(zone, { hour: '2-digit', minute: '2-digit' }).format(ms)
}

export function moment(ms: number, zone = 'UTC', year = true): string {
  return day(ms, zone, year) + ', ' + clock(ms, zone)
}

// span says an interval without saying a date twice.
export function span(start: string | undefined, end: string | undefined, zone = 'UTC', year = true): string {
  const a = start ? Date.parse(start) : NaN
  const b = end ? Date.parse(end) : NaN
  if (isNaN(a) && isNaN(b)) return ''
  if (isNaN(a)) return '… – ' + moment(b, zone, year)
  if (isNaN(b)) return moment(a, zone, year) + ' – …'
  // Whole days are said as days: 28 April is until its end.
  if (zone === 'UTC' && a % DAY === 0 && b % DAY === 0 && b > a) return b - a === DAY ? day(a, zone, year) : day(a, zone, false) + ' – ' + day(b - DAY, zone, year)
  if (b - a <= 60_000) return moment(a, zone, year)
  if (day(a, zone) === day(b, zone)) return moment(a, zone, year) + '–' + clock(b, zone)
  return moment(a, zone, false) + ' – ' + moment(b, zone, year)
}

export function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/:00\.000Z$/, 'Z').replace(/\.000Z$/, 'Z')
}

// said is when something was said: a day where only the day is known, which is no
// midnight.
export function said(at: string): string {
  return at.length === 10 ? day(Date.parse(at)) : moment(Date.parse(at)) + ' UTC'
}

// lasting says how long something took or waits, in its two largest units.
export function lasting(ms: number): string {
  const units: [string, number][] = [['day', DAY], ['hour', 3_600_000], ['minute', 60_000], ['second', 1000]]
  let i = units.findIndex(([, u]) => Math.abs(ms) >= u)
  if (i < 0) i = 3
  const say = (n: number, unit: string) => new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'short' }).format(n)
  const first = Math.floor(Math.abs(ms) / units[i]![1])
  const rest = units[i + 1] ? Math.floor((Math.abs(ms) - first * units[i]![1]) / units[i + 1]![1]) : 0
  return say(first, units[i]![0]) + (rest && first < 10 ? ' ' + say(rest, units[i + 1]![0]) : '')
}

// term says a length of time of a text, such as P4D or PT6H, in words.
export function term(iso: string): string {
  const m = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(iso)
  if (!m || !m.slice(1).some(Boolean)) return iso
  return ['week', 'day', 'hour', 'minute', 'second']
    .map((unit, i) => (m[i + 1] ? new Intl.NumberFormat(locale(), { style: 'unit', unit, unitDisplay: 'long' }).format(Number(m[i + 1])) : ''))
    .filter(Boolean)
    .join(' ')
}
