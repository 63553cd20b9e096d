// What the whole console knows: the record, its size, and who is signed in.
import type { Me, VectorPage } from './types'

class Session {
  origin = $state('')
  size = $state(0)
  checkpoint = $state(0)
  me = $state.raw<Me | null>(null)
  closed = $state(false) // the server wants a sign-in
  cut = $state(false) // the server was not reached
  notice = $state('') // what has to be said of a record that is a demo
  private today = $state(0) // the day on which the story of a demo ends
  private began = Date.now()

  // now is the time of day; in a demo it goes on from where its story ends.
  now(): number {
    return this.today ? this.today + (Date.now() - this.began) : Date.now()
  }

  healthy(h: { demo?: { notice?: string; today?: string } }) {
    this.notice = h.demo?.notice ?? ''
    if (h.demo?.today) this.today = Date.parse(h.demo.today) + 20 * 3_600_000
  }

  saw(v: VectorPage) {
    const [origin, size] = Object.entries(v.vector)[0] ?? ['', 0]
    this.origin = origin
    this.size = size
    this.checkpoint = v.checkpoint
    this.cut = false
  }
}

export const session = new Session()
