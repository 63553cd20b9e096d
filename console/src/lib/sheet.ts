// A drawing with all that has to go with it when it leaves the page: what it is, what
// its signs mean, what was asked for, of which record, and what it does not say.
import { i18n, t } from './i18n.svelte'
import { asked } from './asked'
import { session } from './session.svelte'
import { moment } from './time'

export interface Sign {
  verdict: string // whose shape and colour it has
  says: string
}
export interface Drawing {
  width: number
  height: number
  svg: string // markup, in a system of its own from 0,0
  defs?: string
}

export const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim()
export const esc = (s: string) => s.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')

const sans = "system-ui, 'Noto Sans', 'Noto Sans Arabic', sans-serif"
let ruler: CanvasRenderingContext2D | null = null

export function widthOf(text: string, px: number, weight = 400): number {
  ruler ??= document.createElement('canvas').getContext('2d')!
  ruler.font = `${weight} ${px}px ${sans}`
  return ruler.measureText(text).width
}

// wrap breaks words into lines that fit.
export function wrap(text: string, px: number, room: number, weight = 400): string[] {
  const out: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    const next = line ? line + ' ' + word : word
    if (line && widthOf(next, px, weight) > room) {
      out.push(line)
      line = word
    } else line = next
    // A word that is too long by itself, such as an address, is cut.
    while (widthOf(line, px, weight) > room && line.length > 1) {
      let n = Math.max(1, Math.floor((line.length * room) / widthOf(line, px, weight)))
      while (n > 1 && widthOf(line.slice(0, n), px, weight) > room) n--
      out.push(line.slice(0, n))
      line = line.slice(n)
    }
  }
  if (line) out.push(line)
  return out
}

// words is a line of text that begins at the side where the language begins.
export function words(x: number, y: number, width: number, text: string, px: number, o: { weight?: number; fill?: string; serif?: boolean; dir?: 'ltr' | 'rtl' } = {}): string {
  const dir = o.dir ?? i18n.dir
  const at = dir === 'rtl' ? x + width : x
  return `<text x="${at}" y="${y}" direction="${dir}" text-anchor="start" font-family="${o.serif ? "'Noto Serif', Georgia, serif" : esc(sans)}" font-size="${px}" font-weight="${o.weight ?? 400}" fill="${o.fill ?? css('ink')}" unicode-bidi="plaintext">${esc(text)}</text>`
}

// shape draws the sign of a verdict round 0,0.
export function shape(v: string, r = 6): string {
  const c = css(v) || css('none')
  switch (v) {
    case 'breach':
      return `<path d="M0 ${-r - 1}L${r + 1} 0L0 ${r + 1}L${-r - 1} 0Z" fill="${c}"/>`
    case 'undetermined':
      return `<rect x="${-r + 0.5}" y="${-r + 0.5}" width="${2 * r - 1}" height="${2 * r - 1}" fill="none" stroke="${c}" stroke-width="1.6"/><path d="M${-r + 2} ${r - 2}L${r - 2} ${-r + 2}M${-r + 1} 0L0 ${-r + 1}M0 ${r - 1}L${r - 1} 0" stroke="${c}" stroke-width="1.6"/>`
    case 'not-covered':
      return `<path d="M${-r + 1} 0H${r - 1}" stroke="${c}" stroke-width="2"/>`
    case 'contested':
      return `<circle r="${r}" fill="none" stroke="${c}" stroke-width="2"/><path d="M0 ${-r}A${r} ${r} 0 0 1 0 ${r}Z" fill="${c}"/>`
    case 'not-in-force':
      return `<circle r="${r}" fill="none" stroke="${c}" stroke-width="2" stroke-dasharray="2.6 2.6"/>`
    case 'zone-a':
    case 'zone-b':
      return `<rect x="${-r}" y="${-r}" width="${2 * r}" height="${2 * r}" fill="none" stroke="${css('accent')}"/><path d="${v === 'zone-a' ? `M${-r} ${r}L${r} ${-r}` : `M${-r} ${-r}L${r} ${r}`}" stroke="${css('accent')}"/>`
  }
  return `<circle r="${r}" fill="none" stroke="${c}" stroke-width="2"/>`
}

// sheet puts a drawing on a sheet of its own, as the text of an SVG file.
export function sheet(d: Drawing, o: { title: string; signs?: Sign[]; notes?: string[]; map?: boolean }): string {
  const pad = 20
  const inner = Math.max(d.width, 420)
  const full = inner + 2 * pad
  let y = pad + 18
  const out: string[] = []
  for (const line of wrap(o.title, 19, inner, 600)) {
    out.push(words(pad, y, inner, line, 19, { weight: 600, serif: true }))
    y += 24
  }
  for (const line of asked().flatMap((s) => wrap(s, 12.5, inner))) {
    out.push(words(pad, y, inner, line, 12.5, { fill: css('ink-2') }))
    y += 17
  }
  y += 2
  out.push(`<svg x="${pad}" y="${y}" width="${d.width}" height="${d.height}" viewBox="0 0 ${d.width} ${d.height}" overflow="hidden">${d.svg}</svg>`)
  y += d.height + 20
  // Signs stand in rows.
  let x = 0
  for (const s of o.signs ?? []) {
    const w = 22 + widthOf(s.says, 12.5) + 18
    if (x && x + w > inner) {
      x = 0
      y += 20
    }
    const rtl = i18n.dir === 'rtl'
    const left = rtl ? pad + inner - x - w : pad + x
    out.push(`<g transform="translate(${rtl ? left + w - 8 : left + 8} ${y - 4})">${shape(s.verdict)}</g>`, words(rtl ? left : left + 22, y, w - 22, s.says, 12.5))
    x += w
  }
  if (o.signs?.length) y += 24
  const notes = [
    ...(o.notes ?? []),
    ...(o.map ? [t('map.disclaimer') + ' · Natural Earth'] : []),
    t('standing'),
    ...(session.notice ? [session.notice] : []),
    `${session.origin} · ${t('vector', { n: session.size })} · ${moment(Date.now())} UTC`,
    location.origin + location.pathname + location.search,
  ]
  for (const line of notes.flatMap((n) => wrap(n, 11, inner))) {
    out.push(words(pad, y, inner, line, 11, { fill: css('ink-2'), dir: /^https?:/.test(line) ? 'ltr' : undefined }))
    y += 15
  }
  const high = Math.ceil(y + pad - 8)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(full)}" height="${high}" viewBox="0 0 ${Math.ceil(full)} ${high}" lang="${i18n.lang}" role="img"><title>${esc(o.title)}</title>${d.defs ? `<defs>${d.defs}</defs>` : ''}<rect width="100%" height="100%" fill="${css('paper')}"/>${out.join('')}</svg>\n`
}
