// What a log proves, computed in this browser: hashes of RFC 6962, tiles of C2SP
// tlog-tiles, signed notes and cosignatures. Nothing here believes a server: it
// reads bytes and says whether they fit.

export interface Note {
  text: string // what is signed, with its last line's end
  sigs: { name: string; hash: string; bytes: Uint8Array }[]
}
export interface Checkpoint {
  origin: string
  size: number
  root: Uint8Array
}
export interface VerifierKey {
  name: string
  hash: string // 8 hexadecimal digits
  alg: number // 1: Ed25519 of a log; 4: Ed25519 cosignatures
  key: Uint8Array
}
export interface InclusionProof {
  index: number
  path: Uint8Array[]
  checkpoint: string
}

const utf8 = new TextEncoder()
export const bytesOf = (s: string): Uint8Array => utf8.encode(s)
export const hex = (b: Uint8Array): string => [...b].map((x) => x.toString(16).padStart(2, '0')).join('')
export const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i])

// base64 reads the one form that a text has; another is refused, since else a
// changed letter could go unnoticed.
export function base64(s: string): Uint8Array {
  const b = Uint8Array.from(atob(s), (c) => c.charCodeAt(0))
  if (btoa(String.fromCharCode(...b)) !== s) throw new Error('base64 that is not in its one form')
  return b
}

export function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
  let at = 0
  for (const p of parts) {
    out.set(p, at)
    at += p.length
  }
  return out
}

export async function sha256(...parts: Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', join(...parts)))
}

const zero = new Uint8Array([0])
const one = new Uint8Array([1])
export const leafHash = (entry: Uint8Array) => sha256(zero, entry)
export const nodeHash = (left: Uint8Array, right: Uint8Array) => sha256(one, left, right)

export function parseNote(signed: string): Note {
  const cut = signed.indexOf('\n\n')
  if (cut < 0 || !signed.endsWith('\n')) throw new Error('not a signed note')
  const sigs = signed
    .slice(cut + 2, -1)
    .split('\n')
    .map((line) => {
      const m = /^— (\S+) (\S+)$/.exec(line)
      if (!m) throw new Error('a line that is no signature')
      const b = base64(m[2]!)
      return { name: m[1]!, hash: hex(b.subarray(0, 4)), bytes: b.subarray(4) }
    })
  return { text: signed.slice(0, cut + 1), sigs }
}

export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n')
  const size = Number(lines[1])
  if (lines.length !== 4 || lines[3] !== '' || !/^(0|[1-9]\d{0,14})$/.test(lines[1]!)) throw new Error('not a checkpoint')
  const root = base64(lines[2]!)
  if (root.length !== 32) throw new Error('a root that is no SHA-256')
  return { origin: lines[0]!, size, root }
}

// parseKey reads NAME+HASH+KEY and checks that the hash is that of the key.
export async function parseKey(vkey: string): Promise<VerifierKey> {
  const [name, hash, ...rest] = vkey.trim().split('+')
  const b = base64(rest.join('+'))
  const k = { name: name!, hash: hash!, alg: b[0]!, key: b.subarray(1) }
  const is = hex((await sha256(bytesOf(k.name + '\n'), b)).subarray(0, 4))
  if (is !== k.hash) throw new Error('a key whose id does not fit: a letter was changed')
  return k
}

// ed25519 reports whether this browser can check such signatures.
export async function ed25519(): Promise<boolean> {
  try {
    await crypto.subtle.importKey('raw', new Uint8Array(32), 'Ed25519', false, ['verify'])
    return true
  } catch (e) {
    return (e as Error).name === 'DataError'
  }
}

export async function fits(key: Uint8Array, sig: Uint8Array, text: Uint8Array): Promise<boolean> {
  const k = await crypto.subtle.importKey('raw', join(key), 'Ed25519', false, ['verify'])
  return crypto.subtle.verify('Ed25519', k, join(sig), join(text))
}

// signedBy checks a note by a key of a log, or of a witness; of a witness it gives
// the time of the signature too.
export async function signedBy(n: Note, k: VerifierKey): Promise<{ ok: boolean; at?: number }> {
  const s = n.sigs.find((s) => s.name === k.name && s.hash === k.hash)
  if (!s) return { ok: false }
  if (k.alg === 1) return { ok: await fits(k.key, s.bytes, bytesOf(n.text)) }
  if (k.alg !== 4 || s.bytes.length !== 72) return { ok: false }
  const at = Number(new DataView(s.bytes.buffer, s.bytes.byteOffset, 8).getBigUint64(0))
  return { ok: await fits(k.key, s.bytes.subarray(8), bytesOf(`cosignature/v1\ntime ${at}\n${n.text}`)), at }
}

export function parseProof(text: string): InclusionProof {
  const cut = text.indexOf('\n\n')
  const lines = text.slice(0, cut).split('\n')
  const m = /^index (0|[1-9]\d{0,14})$/.exec(lines[1] ?? '')
  if (cut < 0 || lines[0] !== 'c2sp.org/tlog-proof@v1' || !m) throw new Error('not a .tlog-proof')
  return { index: Number(m[1]), path: lines.slice(2).map(base64), checkpoint: text.slice(cut + 2) }
}

// included reports whether a leaf is at an index of a tree with this size and root
// (RFC 9162, 2.1.3.2).
export async function included(leaf: Uint8Array, index: number, path: Uint8Array[], size: number, root: Uint8Array): Promise<boolean> {
  if (index >= size) return false
  let fn = index
  let sn = size - 1
  let r = leaf
  const half = (n: number) => Math.floor(n / 2)
  for (const p of path) {
    if (p.length !== 32 || sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      r = await nodeHash(p, r)
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else r = await nodeHash(r, p)
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && same(r, root)
}

// number is a tile's number as tlog-tiles writes it: x001/x234/067.
function number(n: number): string {
  let s = String(n % 1000).padStart(3, '0')
  while ((n = Math.floor(n / 1000)) > 0) s = 'x' + String(n % 1000).padStart(3, '0') + '/' + s
  return s
}

// Grown means that the log was added to while it was read: begin anew.
export class Grown extends Error {}

// Tiles reads the tiles of a log as it is at a size.
export class Tiles {
  read = 0 // bytes
  tiles = 0
  private kept = new Map<string, Promise<Uint8Array>>()
  constructor(readonly size: number) {}

  private get(path: string): Promise<Uint8Array> {
    let p = this.kept.get(path)
    if (!p) {
      p = fetch('/log/tile/' + path, { credentials: 'omit', cache: 'no-store' }).then(async (r) => {
        // The tile of another width is there by now: the log has grown.
        if (r.status === 404 && path.includes('.p/')) throw new Grown()
        if (!r.ok) throw new Error(`/log/tile/${path}: ${r.status}`)
        const b = new Uint8Array(await r.arrayBuffer())
        this.read += b.length
        this.tiles++
        return b
      })
      this.kept.set(path, p)
    }
    return p
  }

  // path of a tile, with its width where it is not full.
  private path(level: string, n: number, rows: number): string {
    const width = Math.min(256, rows - n * 256)
    return `${level}/${number(n)}${width < 256 ? '.p/' + width : ''}`
  }

  // hash is that of the complete subtree of 2^level leaves with this index.
  private async hash(level: number, index: number): Promise<Uint8Array> {
    const at = Math.floor(level / 8)
    let first = index * 2 ** (level - at * 8)
    let row: Uint8Array[] = []
    const n = Math.floor(first / 256)
    const tile = await this.get(this.path(String(at), n, Math.floor(this.size / 256 ** at)))
    first -= n * 256
    for (let i = first; i < first + 2 ** (level - at * 8); i++) {
      const h = tile.subarray(i * 32, i * 32 + 32)
      if (h.length !== 32) throw new Error('a tile that is too short')
      row.push(h)
    }
    while (row.length > 1) {
      const up: Uint8Array[] = []
      for (let i = 0; i < row.length; i += 2) up.push(await nodeHash(row[i]!, row[i + 1]!))
      row = up
    }
    return row[0]!
  }

  // root is the root of the first entries, computed from the tiles as they are now.
  async root(size: number): Promise<Uint8Array> {
    if (size > this.size) throw new Error('the log is smaller')
    if (size === 0) return sha256()
    let from = 0
    const parts: Uint8Array[] = []
    for (let level = 52; level >= 0; level--) {
      const n = 2 ** level
      if (size - from < n) continue
      parts.push(await this.hash(level, from / n))
      from += n
    }
    let r = parts.pop()!
    while (parts.length) r = await nodeHash(parts.pop()!, r)
    return r
  }

  leaf(index: number): Promise<Uint8Array> {
    return this.hash(0, index)
  }

  // entry is the bytes of an entry, as the log has them.
  async entry(index: number): Promise<Uint8Array> {
    const n = Math.floor(index / 256)
    const b = await this.get(this.path('entries', n, this.size))
    let at = 0
    for (let i = 0; i < index - n * 256; i++) at += 2 + ((b[at]! << 8) | b[at + 1]!)
    const length = (b[at]! << 8) | b[at + 1]!
    const e = b.subarray(at + 2, at + 2 + length)
    if (e.length !== length) throw new Error('a tile that is too short')
    return e
  }
}
