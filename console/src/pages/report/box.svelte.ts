// What a device keeps of reports: drafts and what waits to be sent, each encrypted
// with a key that is made from a passphrase and kept nowhere. Of a report that has
// its receipt the receipt is left and nothing else: no words, no names.
import { openDB, type IDBPDatabase } from 'idb'
import type { Form } from './forms'

const NAME = 'truce-field'
const ROUNDS = 600_000 // of PBKDF2 with SHA-256, as OWASP advises
const IDLE = 5 * 60_000 // ms without a touch, then the box locks

export type State = 'draft' | 'queued' | 'refused' | 'held' | 'sealed'

export interface Photo {
  evidence: string // id of its entry, made once
  name: string
  type: string
  size: number
  sha256: string // of the file as it is, with its metadata
  plain?: { type: string; size: number; sha256: string } // of the copy without
  sent?: boolean // its entry has a receipt
}

export interface Item {
  id: string // ULID of the entry
  made: string // RFC 3339: when it was begun, then when it was closed
  state: State
  title: string // of the form; no words of the report
  form?: string
  fields?: Record<string, unknown>
  language?: string
  marking?: string
  note?: string
  about?: string[]
  photos?: Photo[]
  faults?: string[]
  index?: number
  receipt?: string
}

interface Meta {
  key: 'meta'
  salt: Uint8Array<ArrayBuffer>
  rounds: number
  check: Sealed
  wipe: boolean // by itself, when the server no longer knows the account
  account: string // whose reports these are; another's session does not send them
}

interface Sealed {
  iv: Uint8Array<ArrayBuffer>
  data: ArrayBuffer
}

const text = new TextEncoder()

async function keyFrom(pass: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<CryptoKey> {
  const raw = await crypto.subtle.importKey('raw', text.encode(pass.normalize('NFKC')), 'PBKDF2', false, ['deriveKey'])
  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: rounds }, raw, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

// Each text is sealed for its place: one cannot be put in the place of another.
async function seal(key: CryptoKey, place: string, data: BufferSource): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: text.encode(place) }, key, data) }
}

function unseal(key: CryptoKey, place: string, s: Sealed): Promise<ArrayBuffer> {
  return crypto.subtle.decrypt({ name: 'AES-GCM', iv: s.iv, additionalData: text.encode(place) }, key, s.data)
}

export async function sha256(data: BufferSource): Promise<string> {
  return [...new Uint8Array(await crypto.subtle.digest('SHA-256', data))].map((b) => b.toString(16).padStart(2, '0')).join('')
}

class Box {
  state = $state<'unknown' | 'new' | 'locked' | 'open'>('unknown')
  items = $state.raw<Item[]>([])
  kept = $state(false) // on the device; otherwise only while the page is open
  revoked = $state(false)
  wiped = $state(false)
  forms = $state.raw<Form[]>([])
  account = $state('')
  private db?: IDBPDatabase
  private key?: CryptoKey
  private meta?: Meta
  private loose = new Map<string, ArrayBuffer>() // files, where nothing is kept
  private idle?: ReturnType<typeof setTimeout>

  async begin() {
    if (this.state !== 'unknown') return
    if (!('indexedDB' in globalThis) || !crypto.subtle) {
      this.state = 'new'
      return
    }
    this.db = await openDB(NAME, 1, {
      upgrade(db) {
        for (const s of ['meta', 'items', 'files']) db.createObjectStore(s, { keyPath: 'key' })
      },
    })
    this.meta = await this.db.get('meta', 'meta')
    this.forms = (await this.db.get('meta', 'forms'))?.forms ?? []
    this.account = this.meta?.account ?? ''
    this.state = this.meta ? 'locked' : 'new'
  }

  get safe(): boolean {
    return !!crypto.subtle
  }

  // create begins a box that stays on the device.
  async create(pass: string, wipe: boolean) {
    const salt = crypto.getRandomValues(new Uint8Array(16))
    this.key = await keyFrom(pass, salt, ROUNDS)
    this.meta = { key: 'meta', salt, rounds: ROUNDS, check: await seal(this.key, 'check', text.encode('truce')), wipe, account: this.account }
    await this.db!.put('meta', this.meta)
    await navigator.storage?.persist?.()
    this.kept = true
    this.open([])
  }

  // pass goes on without a passphrase: nothing is written to the device.
  pass() {
    this.kept = false
    this.open([])
  }

  async unlock(pass: string): Promise<boolean> {
    const m = this.meta!
    const key = await keyFrom(pass, m.salt, m.rounds)
    try {
      await unseal(key, 'check', m.check)
    } catch {
      return false
    }
    this.key = key
    const items: Item[] = []
    for (const s of await this.db!.getAll('items')) items.push(JSON.parse(new TextDecoder().decode(await unseal(key, 'item ' + s.key, s))))
    this.kept = true
    this.open(items)
    return true
  }

  private open(items: Item[]) {
    this.items = items.sort((a, b) => (a.made < b.made ? 1 : -1))
    this.state = 'open'
    this.touch()
  }

  // touch puts off the lock.
  touch() {
    clearTimeout(this.idle)
    if (this.kept && this.state === 'open') this.idle = setTimeout(() => this.lock(), IDLE)
  }

  lock() {
    if (!this.kept) return
    this.key = undefined
    this.items = []
    this.state = 'locked'
  }

  get(id: string): Item | undefined {
    return this.items.find((i) => i.id === id)
  }

  async put(i: Item) {
    if (this.kept && !this.key) throw new Error('locked')
    const others = this.items.filter((x) => x.id !== i.id)
    this.items = [...others, i].sort((a, b) => (a.made < b.made ? 1 : -1))
    if (!this.kept) return
    await this.db!.put('items', { key: i.id, ...(await seal(this.key!, 'item ' + i.id, text.encode(JSON.stringify(i)))) })
  }

  async remove(id: string) {
    const i = this.get(id)
    this.items = this.items.filter((x) => x.id !== id)
    for (const p of i?.photos ?? []) await this.removeFiles(p)
    if (this.kept) await this.db!.delete('items', id)
  }

  // settle leaves of a report that has its receipt the receipt, and nothing else.
  async settle(i: Item, index: number, receipt: string) {
    for (const p of i.photos ?? []) await this.removeFiles(p)
    await this.put({ id: i.id, made: i.made, state: 'held', title: i.title, index, receipt })
  }

  async putFile(sha: string, b: ArrayBuffer) {
    if (!this.kept) this.loose.set(sha, b)
    else await this.db!.put('files', { key: sha, ...(await seal(this.key!, 'file ' + sha, b)) })
  }

  async file(sha: string): Promise<ArrayBuffer> {
    if (!this.kept) return this.loose.get(sha)!
    return unseal(this.key!, 'file ' + sha, await this.db!.get('files', sha))
  }

  async removeFiles(p: Photo) {
    for (const sha of [p.sha256, p.plain?.sha256]) {
      if (!sha || this.items.some((i) => i.photos?.some((o) => o.evidence !== p.evidence && (o.sha256 === sha || o.plain?.sha256 === sha)))) continue
      this.loose.delete(sha)
      if (this.kept) await this.db!.delete('files', sha)
    }
  }

  async keepForms(forms: Form[]) {
    this.forms = forms
    await this.db?.put('meta', { key: 'forms', forms })
  }

  // knows is told who is signed in. Nobody, or somebody else, where this box was
  // somebody's: the device was signed out from afar, the account closed.
  async knows(account: string | undefined) {
    if (account && !this.account) {
      this.account = account
      if (this.meta) await this.db!.put('meta', (this.meta = { ...this.meta, account }))
    }
    this.revoked = !!this.account && account !== this.account
    if (this.revoked && !account && this.meta?.wipe) await this.wipe()
  }

  // wipe destroys all of it: without the key and its salt nothing can be read, also
  // where the device does not overwrite what it deletes.
  async wipe() {
    clearTimeout(this.idle)
    this.key = undefined
    this.items = []
    this.loose.clear()
    if (this.db) {
      const t = this.db.transaction(['meta', 'items', 'files'], 'readwrite')
      await Promise.all([t.objectStore('meta').clear(), t.objectStore('items').clear(), t.objectStore('files').clear(), t.done])
      this.db.close()
      indexedDB.deleteDatabase(NAME)
      this.db = undefined
    }
    for (const c of (await globalThis.caches?.keys()) ?? []) if (c.startsWith('truce-')) await caches.delete(c)
    for (const r of (await navigator.serviceWorker?.getRegistrations()) ?? []) await r.unregister()
    for (const k of Object.keys(localStorage)) if (k.startsWith('truce.seen.')) localStorage.removeItem(k)
    this.meta = undefined
    this.forms = []
    this.account = ''
    this.revoked = false
    this.wiped = true
    this.state = 'unknown'
  }
}

export const box = new Box()
