// The map as a drawing of lines and areas, in the projection of the map on the page:
// from the same outlines, places and incidents, so that it can be printed at any size.
import { ring } from './geo'
import { i18n } from './i18n.svelte'
import { css, esc, shape, type Drawing } from './sheet'
import type { Cells, Drawn, Zone } from '../components/MapView.svelte'

interface Feature {
  properties: Record<string, unknown>
  geometry: { type: string; coordinates: unknown }
}
type P = [number, number]

export interface Frame {
  width: number
  height: number
  zoom: number
  lon: number
  lat: number
}

// clip leaves of a ring what is in the frame (Sutherland and Hodgman).
export function clip(points: P[], w: number, h: number): P[] {
  const m = 4
  const sides: [(p: P) => boolean, (a: P, b: P) => P][] = [
    [(p) => p[0] >= -m, (a, b) => [-m, a[1] + ((b[1] - a[1]) * (-m - a[0])) / (b[0] - a[0])]],
    [(p) => p[0] <= w + m, (a, b) => [w + m, a[1] + ((b[1] - a[1]) * (w + m - a[0])) / (b[0] - a[0])]],
    [(p) => p[1] >= -m, (a, b) => [a[0] + ((b[0] - a[0]) * (-m - a[1])) / (b[1] - a[1]), -m]],
    [(p) => p[1] <= h + m, (a, b) => [a[0] + ((b[0] - a[0]) * (h + m - a[1])) / (b[1] - a[1]), h + m]],
  ]
  for (const [inside, cut] of sides) {
    const out: P[] = []
    points.forEach((b, i) => {
      const a = points[(i + points.length - 1) % points.length]!
      if (inside(b)) {
        if (!inside(a)) out.push(cut(a, b))
        out.push(b)
      } else if (inside(a)) out.push(cut(a, b))
    })
    points = out
    if (!points.length) break
  }
  return points
}

export async function drawMap(f: Frame, what: { items: Drawn[]; zones: Zone[]; cells: Cells | null; selected: string }): Promise<Drawing> {
  const world = 512 * 2 ** f.zoom
  const X = (lon: number) => ((lon + 180) / 360) * world
  const Y = (lat: number) => ((1 - Math.log(Math.tan(Math.PI / 4 + (Math.max(-85.05, Math.min(85.05, lat)) * Math.PI) / 360)) / Math.PI) / 2) * world
  const [cx, cy] = [X(f.lon) - f.width / 2, Y(f.lat) - f.height / 2]
  const at = ([lon, lat]: P): P => [X(lon) - cx, Y(lat) - cy]
  const n = (x: number) => +x.toFixed(1)
  const path = (points: P[], close = true) => (points.length ? 'M' + points.map((p) => n(p[0]) + ' ' + n(p[1])).join('L') + (close ? 'Z' : '') : '')
  const thin = (points: P[]) => points.filter((p, i) => !i || i === points.length - 1 || Math.hypot(p[0] - points[i - 1]![0], p[1] - points[i - 1]![1]) > 0.3)
  const rings = (g: { type: string; coordinates: unknown }): P[][] => {
    const c = g.coordinates as never
    return g.type === 'Polygon' ? (c as P[][]) : g.type === 'MultiPolygon' ? (c as P[][][]).flat() : []
  }
  const area = (g: { type: string; coordinates: unknown }) => rings(g).map((r) => path(clip(thin(r.map(at)), f.width, f.height))).join('')
  const lines = (g: { type: string; coordinates: unknown }) => {
    const all = (g.type === 'MultiLineString' ? g.coordinates : g.type === 'LineString' ? [g.coordinates] : rings(g)) as P[][]
    let d = ''
    for (const l of all) {
      let pen = false
      const points = thin(l.map(at))
      points.forEach((p, i) => {
        const seen = (q: P | undefined) => !!q && q[0] > -20 && q[0] < f.width + 20 && q[1] > -20 && q[1] < f.height + 20
        if (seen(p) || seen(points[i - 1]) || seen(points[i + 1])) {
          d += (pen ? 'L' : 'M') + n(p[0]) + ' ' + n(p[1])
          pen = true
        } else pen = false
      })
    }
    return d
  }
  const read = async (name: string) => ((await (await fetch('/map/' + name + '.geojson')).json()) as { features: Feature[] }).features
  const [countries, areas, places] = await Promise.all([read('world'), f.zoom >= 4 ? read('areas') : [], read('places')])

  const out = [`<rect width="${f.width}" height="${f.height}" fill="${css('sea')}"/>`]
  const of = (disputed: boolean) => countries.filter((c) => !!c.properties.disputed === disputed)
  out.push(`<path d="${of(false).map((c) => area(c.geometry)).join('')}" fill="${css('land')}" fill-rule="evenodd"/>`)
  const open = of(true).map((c) => area(c.geometry)).join('')
  if (open) out.push(`<path d="${open}" fill="${css('land')}" fill-rule="evenodd"/><path d="${open}" fill="url(#m-disputed)" fill-rule="evenodd"/>`)
  out.push(`<path d="${areas.map((a) => lines(a.geometry)).join('')}" fill="none" stroke="${css('border')}" stroke-width="0.6" stroke-opacity="0.5"/>`)
  out.push(`<path d="${of(false).map((c) => lines(c.geometry)).join('')}" fill="none" stroke="${css('border')}"/>`)
  out.push(`<path d="${of(true).map((c) => lines(c.geometry)).join('')}" fill="none" stroke="${css('border')}" stroke-width="1.2" stroke-dasharray="3 2"/>`)
  if (what.cells) {
    const c = what.cells
    const most = Math.max(1, ...c.n)
    c.n.forEach((k, i) => {
      if (!k) return
      const [dx, dy] = [(c.east - c.west) / c.width, (c.north - c.south) / c.height]
      const [x, y] = at([c.west + (i % c.width) * dx, c.south + (Math.floor(i / c.width) + 1) * dy])
      const [x2, y2] = at([c.west + ((i % c.width) + 1) * dx, c.south + Math.floor(i / c.width) * dy])
      out.push(`<rect x="${n(x)}" y="${n(y)}" width="${n(x2 - x)}" height="${n(y2 - y)}" fill="${css('contested')}" fill-opacity="${(0.12 + 0.7 * Math.sqrt(k / most)).toFixed(2)}"><title>${k}</title></rect>`)
    })
  }
  for (const z of what.zones) {
    const d = area(z.geometry as never)
    for (const k of ['a', 'b'] as const) if (z[k]) out.push(`<path d="${d}" fill="url(#m-zone-${k})" fill-opacity="0.55" fill-rule="evenodd"/>`)
    out.push(`<path d="${lines(z.geometry as never)}" fill="none" stroke="${css('accent')}" stroke-width="1.2"><title>${esc(z.name)}</title></path>`)
  }
  const faint = Math.min(1, 20 / Math.max(1, what.items.length))
  const signs: string[] = []
  for (const d of [...what.items].sort((a, b) => b.metres - a.metres)) {
    const [x, y] = at([d.lon, d.lat])
    const px = (Math.max(d.metres, 30) / (78_271.5 * Math.cos((d.lat * Math.PI) / 180))) * 2 ** f.zoom
    if (x < -px || x > f.width + px || y < -px || y > f.height + px) continue
    const [sel, c] = [d.id === what.selected, css(d.verdict) || css('none')]
    const hatched = d.verdict === 'undetermined' || d.verdict === 'contested'
    if (px < 8) {
      signs.push(`<g transform="translate(${n(x)} ${n(y)})${sel ? ' scale(1.5)' : ''}"><circle r="8.5" fill="${css('paper')}"/>${shape(d.verdict)}<title>${esc(d.title)}</title></g>`)
      continue
    }
    const round = path(clip(ring(d.lat, d.lon, Math.max(d.metres, 30), 72).map((p) => at(p as P)), f.width, f.height))
    out.push(`<path d="${round}" fill="${hatched ? `url(#m-${d.verdict})` : c}" fill-opacity="${((hatched ? (d.verdict === 'contested' ? 0.38 : 0.6) : 0.13) * (sel ? 1 : hatched ? faint : 1)).toFixed(3)}" stroke="${c}" stroke-width="${sel ? 3 : 1.3}" stroke-opacity="${(sel ? 1 : 0.25 + 0.75 * faint).toFixed(2)}"><title>${esc(d.title)}</title></path>`)
  }
  // Names of towns, the larger first, none over another.
  const least = f.zoom >= 7 ? 0 : f.zoom >= 6 ? 150_000 : f.zoom >= 5 ? 400_000 : 900_000
  const taken: P[] = []
  for (const p of places.filter((p) => Number(p.properties.people) >= least).sort((a, b) => Number(b.properties.people) - Number(a.properties.people))) {
    const [x, y] = at(p.geometry.coordinates as P)
    if (x < 20 || x > f.width - 20 || y < 10 || y > f.height - 8 || taken.some((q) => Math.abs(q[0] - x) < 64 && Math.abs(q[1] - y) < 14)) continue
    taken.push([x, y])
    const name = String(p.properties[i18n.lang] ?? p.properties.en ?? '')
    out.push(`<text x="${n(x)}" y="${n(y + 4)}" text-anchor="middle" font-family="system-ui, 'Noto Sans', sans-serif" font-size="11" fill="${css('ink-3')}" stroke="${css('land')}" stroke-width="2.6" stroke-linejoin="round" paint-order="stroke">${esc(name)}</text>`)
  }
  const hatch = (id: string, size: number, d: string, colour: string, width: number) => `<pattern id="m-${id}" width="${size}" height="${size}" patternUnits="userSpaceOnUse"><path d="${d}" stroke="${colour}" stroke-width="${width}"/></pattern>`
  const rise = (s: number) => `M${-s} ${s}L0 0M0 ${s}L${s} 0M${s} ${s}L${2 * s} 0`
  const fall = (s: number) => `M${-s} 0L0 ${s}M0 0L${s} ${s}M${s} 0L${2 * s} ${s}`
  return {
    width: f.width,
    height: f.height,
    svg: out.join('') + signs.join(''),
    defs:
      hatch('disputed', 8, rise(8), css('disputed'), 1.2) +
      hatch('undetermined', 8, rise(8), css('undetermined'), 1.4) +
      hatch('contested', 9, rise(9) + fall(9), css('contested'), 1) +
      hatch('zone-a', 10, rise(10), css('accent'), 1) +
      hatch('zone-b', 10, fall(10), css('accent'), 1),
  }
}
