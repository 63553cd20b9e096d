// Positions in the notations that people in the field write: decimal degrees,
// degrees with minutes and seconds, UTM, MGRS; all on WGS 84. What is written says
// how well it can be meant: the last digit of a number, the side of a square.
import Mgrs, { Dms, LatLon, Utm } from 'geodesy/mgrs.js'
import Vincenty from 'geodesy/latlon-ellipsoidal-vincenty.js'

export type Notation = 'decimal' | 'dms' | 'utm' | 'mgrs'

export interface Position {
  lat: number
  lon: number
  metres: number // how well the notation can be meant: half of its last digit, or half the diagonal of its square
  notation: Notation
}

// Unread says why something is no position; the key is that of a message.
export class Unread extends Error {}

const DEGREE = 111_320 // metres of a degree of latitude, near enough for what a digit means

export function read(text: string): Position {
  const s = text.trim().toUpperCase().replaceAll(/[′’ʹ´]/g, "'").replaceAll(/[″”ʺ]/g, '"').replaceAll('−', '-').replaceAll(/\s+/g, ' ')
  if (!s) throw new Unread('coordinates.empty')
  return readMgrs(s) ?? readUtm(s) ?? readDegrees(s)
}

function readMgrs(s: string): Position | undefined {
  const m = /^(\d{1,2}) ?([C-HJ-NP-X]) ?([A-HJ-NP-Z]) ?([A-HJ-NP-V]) ?(\d+) ?(\d*)$/.exec(s)
  if (!m) return undefined
  let [e, n] = [m[5]!, m[6]!]
  if (!n) {
    if (e.length % 2) throw new Unread('coordinates.mgrs')
    ;[e, n] = [e.slice(0, e.length / 2), e.slice(e.length / 2)]
  }
  if (e.length !== n.length || e.length > 5) throw new Unread('coordinates.mgrs')
  const side = 10 ** (5 - e.length)
  try {
    // The notation names a square; what is meant is somewhere in it.
    const corner = new Mgrs(Number(m[1]), m[2]!, m[3]!, m[4]!, Number(e) * side, Number(n) * side).toUtm()
    const at = new Utm(corner.zone, corner.hemisphere as 'N' | 'S', corner.easting + side / 2, corner.northing + side / 2).toLatLon()
    return within({ lat: at.lat, lon: at.lon, metres: side * Math.SQRT1_2, notation: 'mgrs' })
  } catch (e) {
    throw e instanceof Unread ? e : new Unread('coordinates.mgrs')
  }
}

function readUtm(s: string): Position | undefined {
  const m = /^(\d{1,2}) ?([C-HJ-NP-X]) ?(\d{6,7}(?:\.\d+)?)(?: ?E)?[ ,]+(\d{1,8}(?:\.\d+)?)(?: ?N)?$/.exec(s)
  if (!m) return undefined
  // S is the southern half, or the band from 32° to 40° north: nobody can tell.
  if (m[2] === 'S') throw new Unread('coordinates.utm.s')
  try {
    const at = new Utm(Number(m[1]), m[2]! >= 'N' ? 'N' : 'S', Number(m[3]), Number(m[4])).toLatLon()
    return within({ lat: at.lat, lon: at.lon, metres: 1, notation: 'utm' })
  } catch {
    throw new Unread('coordinates.utm')
  }
}

function readDegrees(s: string): Position {
  const halves = split(s)
  if (!halves) throw new Unread('coordinates.two')
  let [a, b] = halves
  // Letters say which is which; without them latitude comes first.
  if (/[EW]/.test(a) || /[NS]/.test(b)) [a, b] = [b, a]
  if (/[EW]/.test(a) || /[NS]/.test(b)) throw new Unread('coordinates.letters')
  const parts = a.match(/\d+(?:\.\d+)?/g)!.length
  const [lat, lon] = [degrees(a), degrees(b)]
  const last = Math.min(digits(a), digits(b))
  const unit = [DEGREE, DEGREE / 60, DEGREE / 3600][parts - 1] ?? DEGREE
  return within({ lat, lon, metres: Math.max(1, (unit * 10 ** -last) / 2), notation: parts > 1 ? 'dms' : 'decimal' })
}

// split finds the two halves: by a letter, a comma with a space, or the middle. A
// comma within a number is its decimal point.
function split(s: string): [string, string] | undefined {
  const point = (x: string) => x.replaceAll(/(\d),(\d)/g, '$1.$2').replaceAll(',', ' ').trim()
  let m = /^([NSEW]) ?([^NSEW]+)([NSEW]) ?([^NSEW]+)$/.exec(s)
  if (m) return [point(m[2]!) + ' ' + m[1], point(m[4]!) + ' ' + m[3]]
  m = /^([^NSEW]+[NSEW])[ ,;]*([^NSEW]+[NSEW])$/.exec(s)
  if (m) return [point(m[1]!), point(m[2]!)]
  if (/[NSEW]/.test(s)) return undefined
  for (const by of ['; ', ';', ', ', ' ', ',']) {
    const two = s.split(by).filter((x) => x.trim())
    if (two.length === 2) return [point(two[0]!), point(two[1]!)]
    const n = two.length
    if (by === ' ' && (n === 4 || n === 6)) return [point(two.slice(0, n / 2).join(' ')), point(two.slice(n / 2).join(' '))]
  }
  return undefined
}

function degrees(s: string): number {
  const numbers = s.match(/\d+(?:\.\d+)?/g)
  if (!numbers || numbers.length > 3 || !/^[-+]?[\d.\s°'"]+[NSEW]?$/.test(s)) throw new Unread('coordinates.two')
  if (numbers.slice(1).some((x) => Number(x) >= 60)) throw new Unread('coordinates.sixty')
  if (numbers.slice(0, -1).some((x) => x.includes('.'))) throw new Unread('coordinates.two')
  const d = Dms.parse(s.replaceAll(/\s+(?=[NSEW]$)/g, ''))
  if (isNaN(d)) throw new Unread('coordinates.two')
  return d
}

const digits = (s: string) => (/\.(\d+)\D*$/.exec(s)?.[1] ?? '').length

function within(p: Position): Position {
  if (Math.abs(p.lat) > 90 || Math.abs(p.lon) > 180) throw new Unread('coordinates.range')
  return p
}

// all is a position in every notation.
export function all(lat: number, lon: number): [Notation, string][] {
  const out: [Notation, string][] = [
    ['decimal', lat.toFixed(5) + ', ' + lon.toFixed(5)],
    ['dms', new LatLon(lat, lon).toString('dms', 1).replaceAll(' ', '').replace(',', ' ')],
  ]
  try {
    const u = new LatLon(lat, lon).toUtm()
    out.push(['utm', u.toString(0)], ['mgrs', u.toMgrs().toString()])
  } catch {
    // beyond 84° north and 80° south there is neither
  }
  return out
}

export interface Sighting {
  lat: number
  lon: number
  accuracy: number // metres, of the own position
  bearing: number // degrees from true north
  off: number // degrees by which the bearing may be off
  range: number // metres
  give: number // metres by which the range may be off
}

// sighted is where something lies that is seen from a place. The radius holds every
// point that the sighting allows: the errors are added, none is thought small.
export function sighted(s: Sighting): { lat: number; lon: number; metres: number } {
  const p = new Vincenty(s.lat, s.lon).destinationPoint(s.range, s.bearing)
  const aside = 2 * (s.range + s.give) * Math.sin((Math.min(s.off, 180) * Math.PI) / 360)
  return { lat: p.lat, lon: p.lon, metres: Math.ceil(s.accuracy + s.give + aside) }
}
