// Checks an entry of the record in this browser, from the log's files alone, and
// says step by step what was checked, what does not hold and what was not checked.
import { get, Refused } from './api'
import { base64, bytesOf, ed25519, fits, Grown, hex, included, leafHash, parseCheckpoint, parseKey, parseNote, parseProof, same, sha256, signedBy, Tiles, type Checkpoint } from './merkle'
import type { RecordState } from './types'

export type StepState = 'holds' | 'fails' | 'not'
export interface Step {
  key: string // of the message that says what it is
  state: StepState
  values?: Record<string, string | number>
  why?: string
}

// read asks the server anew: what the browser had kept says nothing of what the
// server has now.
async function read(path: string): Promise<string> {
  const r = await fetch(path, { credentials: 'same-origin', cache: 'no-store' })
  if (!r.ok) {
    const p = await r.json().catch(() => null)
    throw new Error(`${path}: ${r.status} ${p?.detail ?? ''}`)
  }
  return r.text()
}

interface Seen {
  size: number
  root: string
  at: string
  key: string
}

// What this device saw of a log before, and the key that its owner took from
// elsewhere. They stay on the device.
const seenKey = (origin: string) => 'truce.seen.' + origin
const pinKey = (origin: string) => 'truce.key.' + origin

export function pinned(origin: string): string {
  return localStorage.getItem(pinKey(origin)) ?? ''
}

export async function pin(origin: string, vkey: string): Promise<void> {
  if (!vkey.trim()) return localStorage.removeItem(pinKey(origin))
  const k = await parseKey(vkey)
  if (k.alg !== 1) throw new Error('not the key of a log')
  localStorage.setItem(pinKey(origin), vkey.trim())
}

export function seen(origin: string): Seen | null {
  try {
    return JSON.parse(localStorage.getItem(seenKey(origin)) ?? 'null')
  } catch {
    return null
  }
}

// able says what this browser lacks; '' if nothing.
export async function able(): Promise<'' | 'insecure' | 'signatures'> {
  if (!globalThis.crypto?.subtle) return 'insecure'
  return (await ed25519()) ? '' : 'signatures'
}

// check goes through the steps and hands them to the caller as they are done. It
// reports whether nothing failed. Where the log grows meanwhile it begins anew.
export async function check(id: string, on: (s: Step[]) => void): Promise<boolean> {
  for (let tried = 1; ; tried++) {
    const steps: Step[] = []
    try {
      return await once(JSON.parse(await read('/api/record')), id, (s) => {
        steps.push(s)
        on([...steps])
      })
    } catch (e) {
      if (!(e instanceof Grown) || tried === 5) throw e
    }
  }
}

async function once(record: RecordState, id: string, on: (s: Step) => void): Promise<boolean> {
  let good = true
  const tell = (key: string, state: StepState, values?: Step['values'], why?: string) => {
    if (state === 'fails') good = false
    on({ key, state, values, why })
  }
  // attempt turns what goes wrong into a step that fails.
  const attempt = async <T>(key: string, f: () => Promise<T>): Promise<T | null> => {
    try {
      return await f()
    } catch (e) {
      if (e instanceof Grown) throw e
      tell(key, 'fails', undefined, e instanceof Error ? e.message : String(e))
      return null
    }
  }
  const signatures = (await able()) === ''

  const point = await attempt('checkpoint', async () => {
    const note = parseNote(await read('/log/checkpoint'))
    const c = parseCheckpoint(note.text)
    if (c.origin !== record.origin) throw new Error('a checkpoint of ' + c.origin)
    const own = pinned(record.origin)
    const key = await parseKey(own || record.key)
    if (key.name !== c.origin) throw new Error('a key of ' + key.name)
    if (!signatures) tell('checkpoint', 'not', { n: c.size })
    else if (!(await signedBy(note, key)).ok) throw new Error('the signature does not fit')
    else tell('checkpoint', 'holds', { n: c.size, key: key.hash })
    tell(own ? 'key.own' : 'key.server', own ? 'holds' : 'not', { key: key.hash })
    return { c, key }
  })
  if (!point) return false
  const { c, key } = point
  const tiles = new Tiles(c.size)

  // The tree as its tiles have it now has the root that is signed.
  await attempt('tree', async () => {
    if (!same(await tiles.root(c.size), c.root)) throw new Error('the tiles give another root')
    tell('tree', 'holds', { n: c.size, tiles: tiles.tiles, kib: Math.ceil(tiles.read / 1024) })
  })

  const at = await attempt('inclusion', async () => {
    const p = parseProof(await read(`/api/entries/${id}/proof`))
    const note = parseNote(p.checkpoint)
    const pc = parseCheckpoint(note.text)
    if (pc.origin !== c.origin) {
      tell('inclusion', 'not', { office: pc.origin })
      return null
    }
    if (signatures && !(await signedBy(note, key)).ok) throw new Error('the signature of its checkpoint does not fit')
    // A proof made a moment later is of a larger log: the tiles are read anew.
    const of = pc.size > c.size ? new Tiles(pc.size) : tiles
    if (pc.size !== c.size && !same(await of.root(pc.size), pc.root)) throw new Error('its checkpoint is of another history')
    const entry = await of.entry(p.index)
    const leaf = await leafHash(entry)
    if (!same(leaf, await of.leaf(p.index))) throw new Error('the entry is not the leaf that the tile has')
    if (!(await included(leaf, p.index, p.path, pc.size, pc.root))) throw new Error('the path does not lead to the root')
    const e = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(entry))
    if (e.id !== id) throw new Error('the entry there is ' + e.id)
    tell('inclusion', 'holds', { n: p.index + 1, hashes: p.path.length, leaf: hex(leaf).slice(0, 16) })
    return { index: p.index, e }
  })

  if (at) await author(at.e, signatures, tell, attempt)
  await witnesses(record, c, tiles, at?.index ?? null, signatures, tell, attempt)
  await before(c, tiles, key.hash, good, tell, attempt)
  tell('payload', 'not')
  tell('kept', 'not')
  return good
}

type Tell = (key: string, state: StepState, values?: Step['values'], why?: string) => void
type Attempt = <T>(key: string, f: () => Promise<T>) => Promise<T | null>

// author checks the author's signature over the entry. The id of a key is a hash of
// it, so that the key may come from anywhere.
async function author(e: Record<string, any>, signatures: boolean, tell: Tell, attempt: Attempt) {
  await attempt('author', async () => {
    const public_ = signatures ? await keyOf(e.author) : null
    if (!public_) return tell('author', 'not', { key: String(e.author).slice(0, 8) })
    const { signed, ...rest } = e
    const leaf = await leafHash(bytesOf(JSON.stringify(rest)))
    let root = leaf
    let of = 1
    if (signed.batch) {
      of = signed.batch[1]
      root = base64(signed.root)
      if (!(await included(leaf, signed.batch[0], signed.path.map(base64), of, root))) throw new Error('it is not in the batch that was signed')
    }
    const text = bytesOf(`truce entries v1\n${e.author}\n${of}\n${btoa(String.fromCharCode(...root))}\n`)
    if (!(await fits(public_, base64(signed.sig), text))) throw new Error('the signature does not fit')
    tell('author', 'holds', { key: e.author.slice(0, 8) })
  })
}

async function keyOf(id: string): Promise<Uint8Array | null> {
  let k: Uint8Array
  try {
    k = base64((await get<{ public: string }>('/api/keys/' + id)).public)
  } catch (e) {
    if (e instanceof Refused && e.status === 404) return null
    throw e
  }
  if (hex((await sha256(bytesOf('truce author key v1\n'), k)).subarray(0, 16)) !== id) throw new Error('the key that the server gives is another')
  return k
}

// witnesses checks what each has signed, and that the log of now continues it.
async function witnesses(record: RecordState, c: Checkpoint, tiles: Tiles, index: number | null, signatures: boolean, tell: Tell, attempt: Attempt) {
  for (const w of record.witnesses) {
    if (!w.checkpoint) {
      tell('witness.none', 'not', { name: w.name })
      continue
    }
    await attempt('witness.read', async () => {
      const note = parseNote(w.checkpoint!)
      const wc = parseCheckpoint(note.text)
      const k = await parseKey(w.key)
      const fail = (why: string) => tell('witness', 'fails', { name: w.name, n: wc.size, key: k.hash }, why)
      if (wc.origin !== c.origin) return fail('a checkpoint of ' + wc.origin)
      if (wc.size > c.size) return fail('it has cosigned more entries than the log shows')
      if (!same(await tiles.root(wc.size), wc.root)) return fail('the log of now does not continue it')
      if (!signatures || k.alg !== 4) return tell('witness', 'not', { name: w.name, n: wc.size, key: k.hash })
      const s = await signedBy(note, k)
      if (!s.ok) return fail('the signature does not fit')
      const values = { name: w.name, n: wc.size, key: k.hash, at: new Date(s.at! * 1000).toISOString().replace('.000Z', 'Z') }
      tell(index === null || index < wc.size ? 'witness' : 'witness.before', 'holds', values)
    })
  }
  if (!record.witnesses.length) tell('witnesses', 'not')
}

// before checks that the log continues what this device saw of it, and remembers it.
async function before(c: Checkpoint, tiles: Tiles, key: string, good: boolean, tell: Tell, attempt: Attempt) {
  const was = seen(c.origin)
  let holds = true
  if (!was) tell('before.first', 'not')
  else
    holds = !!(await attempt('before', async () => {
      if (was.size > c.size) throw new Error(`it had ${was.size} entries`)
      if (hex(await tiles.root(was.size)) !== was.root) throw new Error('two histories')
      tell('before', 'holds', { n: was.size, at: was.at })
      return true
    }))
  // What does not hold never takes the place of what was seen.
  if (good && holds) localStorage.setItem(seenKey(c.origin), JSON.stringify({ size: c.size, root: hex(c.root), at: new Date().toISOString().slice(0, 16) + 'Z', key }))
}
