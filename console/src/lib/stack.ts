// stack makes a wide table one of cards on a phone (app.css): each cell says what stands
// over its column.
export function stack(table: HTMLTableElement) {
  table.classList.add('stack')
  function say() {
    const heads = [...(table.tHead?.rows[0]?.cells ?? [])].map((h) => [...h.childNodes].map((n) => n.textContent?.trim()).filter(Boolean).join(' '))
    for (const body of table.tBodies)
      for (const r of body.rows) [...r.cells].forEach((c, i) => (heads[i] && r.cells.length === heads.length ? c.setAttribute('data-head', heads[i]) : c.removeAttribute('data-head')))
  }
  say()
  const watch = new MutationObserver(say)
  watch.observe(table, { subtree: true, childList: true, characterData: true })
  return { destroy: () => watch.disconnect() }
}
