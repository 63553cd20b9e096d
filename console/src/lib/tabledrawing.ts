// A table as a drawing of lines and words, for what is a table on the page.
import { i18n } from './i18n.svelte'
import { css, words, wrap, type Drawing } from './sheet'

// drawTable draws cells, each a list of lines; the first column and the head are bold.
export function drawTable(head: string[], rows: string[][][], room = 1100): Drawing {
  const first = Math.min(260, room / Math.max(2, head.length))
  const each = (room - first) / Math.max(1, head.length - 1)
  const width = (i: number) => (i ? each : first)
  const left = (i: number) => {
    const x = i ? first + (i - 1) * each : 0
    return i18n.dir === 'rtl' ? room - x - width(i) : x
  }
  const out: string[] = []
  let y = 4
  const line = (cells: { text: string; weight: number }[][]) => {
    let most = 0
    cells.forEach((lines, i) => {
      let at = y + 15
      for (const l of lines)
        for (const w of wrap(l.text, 12.5, width(i) - 12, l.weight)) {
          out.push(words(left(i) + (i18n.dir === 'rtl' ? 12 : 0), at, width(i) - 12, w, 12.5, { weight: l.weight }))
          at += 17
        }
      most = Math.max(most, at - y)
    })
    y += most + 4
    out.push(`<path d="M0 ${y - 6}H${room}" stroke="${css('line-2')}"/>`)
  }
  line(head.map((h) => [{ text: h, weight: 600 }]))
  for (const r of rows) line(r.map((c, i) => c.map((text) => ({ text, weight: i ? 400 : 600 }))))
  return { width: room, height: y, svg: out.join('') }
}
