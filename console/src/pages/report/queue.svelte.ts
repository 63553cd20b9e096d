// What waits is sent whenever the server is reached: files first, then the report,
// then an entry for each picture. Ids were made when they were written, so that what
// is sent again after a cut line is the same entry and gets the same receipt.
import { get, post, Refused } from '../../lib/api'
import { session } from '../../lib/session.svelte'
import type { Me, VectorPage } from '../../lib/types'
import { box, type Item, type Photo } from './box.svelte'
import { newestForms } from './forms'

interface Accepted {
  id: string
  index: number
  receipt: string
}

class Queue {
  online = $state(false) // the server answered the last time
  sending = $state('') // id of what is under way
  why = $state('') // what the server said the last time, where it did not take it
  private running = false
  private asked = false // for forms, since the page was opened

  // look asks who is signed in, what forms there are, and sends what waits.
  async look() {
    if (this.running || box.state === 'unknown') return
    this.running = true
    try {
      const me = await get<Me>('/api/me')
      this.online = true
      session.me = me
      await box.knows(me.account)
      if (!me.account && box.state === 'new') return // somebody who only looks
      if (!this.asked) await box.keepForms(await newestForms())
      this.asked = true
      session.saw(await get<VectorPage>('/api/vector'))
      if (box.revoked || box.state !== 'open') return
      // Two tabs of one device do not send side by side.
      if (navigator.locks) await navigator.locks.request('truce-field', { ifAvailable: true }, (l) => (l ? this.flush() : undefined))
      else await this.flush()
    } catch (e) {
      await this.failed(e)
    } finally {
      this.running = false
      this.sending = ''
    }
  }

  private async failed(e: unknown) {
    if (e instanceof Refused) {
      this.online = true
      this.why = e.message
      if (e.status === 401) await box.knows(undefined)
    } else this.online = false
  }

  private async flush() {
    this.why = ''
    for (const i of [...box.items].reverse()) {
      if (i.state === 'queued') await this.send(i)
      if (i.state === 'held' && i.index !== undefined && i.index < session.checkpoint) await box.put({ ...i, state: 'sealed' })
    }
  }

  private async send(i: Item) {
    this.sending = i.id
    try {
      for (const p of i.photos ?? []) await this.files(p)
      const a = await post<Accepted>('/api/reports', {
        id: i.id, made: i.made, form: i.form, fields: i.fields, language: i.language, note: i.note || undefined, marking: i.marking || undefined, about: i.about,
        blobs: [...new Set(i.photos?.flatMap((p) => p.plain?.sha256 ?? []))].sort(), // what has metadata is restricted, and stands in its own entry
      })
      for (const p of i.photos ?? []) await this.evidence(i, p)
      await box.settle(i, a.index, a.receipt)
    } catch (e) {
      // What will never be taken as it is goes back to who wrote it.
      if (e instanceof Refused && [400, 409, 413, 422].includes(e.status)) {
        await box.put({ ...i, state: 'refused', faults: [e.message, ...e.faults.map((f) => (f.location ? f.location.replace(/^body\./, '') + ': ' : '') + f.message)] })
        return
      }
      throw e
    }
  }

  private async files(p: Photo) {
    for (const sha of [p.sha256, p.plain?.sha256]) {
      if (!sha) continue
      const r = await fetch('/api/blobs', { method: 'POST', credentials: 'same-origin', headers: { 'Content-Type': 'application/octet-stream' }, body: await box.file(sha) })
      if (!r.ok) throw new Refused(r.status, (await r.json().catch(() => ({}))).detail ?? r.statusText)
      const got = (await r.json()).sha256
      if (got !== sha) throw new Refused(422, `the file arrived changed: ${got}, not ${sha}`)
    }
  }

  private async evidence(i: Item, p: Photo) {
    const blobs = [p.sha256, ...(p.plain ? [p.plain.sha256] : [])].sort()
    await post<Accepted>('/api/entries', {
      id: p.evidence, kind: 'evidence@1', made: i.made, refs: [{ relation: 'about', id: i.id }], blobs: [...new Set(blobs)],
      payload: { name: p.name, type: p.type, size: p.size, original: p.sha256, ...(p.plain ? { public: p.plain.sha256 } : {}), custody: 'chosen by the reporter on their own device, where both hashes were made, and sent from there' },
    })
  }

  // follow looks now and again, and when the line comes back.
  follow(): () => void {
    const look = () => void this.look()
    look()
    // What is under way is looked after more often.
    let n = 0
    const each = setInterval(() => {
      if (n++ % 5 === 0 || box.items.some((i) => i.state === 'queued' || i.state === 'held')) look()
    }, 1_000)
    addEventListener('online', look)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(each)
      removeEventListener('online', look)
      document.removeEventListener('visibilitychange', look)
    }
  }
}

export const queue = new Queue()
