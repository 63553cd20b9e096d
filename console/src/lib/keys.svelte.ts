// Keys that work everywhere, and those that a page adds while it is shown. Plain
// letters do nothing while one types.
export interface Key {
  keys: string // such as 'Ctrl+K' or 'j'
  says: string // key of the message for the help page
  run: () => void
}

class Keys {
  list = $state.raw<Key[]>([])

  constructor() {
    addEventListener('keydown', (e) => {
      // Focus may still be in a field that has just been closed.
      const typing = (e.target as Element | null)?.closest?.('input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]')?.checkVisibility()
      const pressed = (e.ctrlKey || e.metaKey ? 'Ctrl+' : '') + (e.key.length === 1 && e.ctrlKey ? e.key.toUpperCase() : e.key)
      if (typing && !pressed.startsWith('Ctrl+')) return
      if (e.altKey) return
      const k = this.list.findLast((k) => k.keys === pressed)
      if (!k) return
      e.preventDefault()
      k.run()
    })
  }

  // add returns what takes the keys away again.
  add(...keys: Key[]): () => void {
    this.list = [...this.list, ...keys]
    return () => (this.list = this.list.filter((k) => !keys.includes(k)))
  }
}

export const keys = new Keys()
