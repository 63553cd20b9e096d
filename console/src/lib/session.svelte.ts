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
  says = $state('') // the name of the same words in the message files
  private ahead = $state(0) // of the clock of a demo, against that of this device

  // now is the time of day; in a demo it is that of its server, which goes on from
  // where the story ends.
  now(): number {
    return Date.now() + this.ahead
  }

  healthy(h: { demo?: { notice?: string; says?: string; now?: string } }) {
    this.notice = h.demo?.notice ?? ''
    this.says = h.demo?.says ?? ''
    if (h.demo?.now) this.ahead = Date.parse(h.demo.now) - Date.now()
  }

  saw(v: VectorPage) {
    this.origin = this.me?.office || Object.keys(v.vector)[0] || ''
    this.size = Object.values(v.vector).reduce((a, b) => a + b, 0) // of all the logs that the office holds
    this.checkpoint = v.checkpoint
    this.cut = false
  }
}

export const session = new Session()
