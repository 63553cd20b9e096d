import type { Drawing } from './sheet'

// Charts as files. Styles of the page are written into a copy of the drawing, so
// that it looks the same elsewhere.
const properties = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font-family', 'font-size', 'font-weight', 'font-variant-numeric', 'text-anchor', 'dominant-baseline']

export function svgText(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const from = [svg, ...svg.querySelectorAll('*')]
  const to = [copy, ...copy.querySelectorAll('*')]
  from.forEach((e, i) => {
    const s = getComputedStyle(e)
    const it = to[i]!
    it.removeAttribute('class')
    if (!(it instanceof SVGElement)) return
    for (const p of properties) {
      const v = s.getPropertyValue(p)
      if (v && v !== 'normal' && v !== 'none 0s ease 0s') it.setAttribute(p, v)
    }
  })
  const box = svg.getBoundingClientRect()
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String(Math.round(box.width)))
  copy.setAttribute('height', String(Math.round(box.height)))
  // The ground of the page, so that light text is not on white.
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect')
  const [x, y, w, h] = (svg.getAttribute('viewBox') ?? `0 0 ${box.width} ${box.height}`).split(' ')
  for (const [k, v] of Object.entries({ x: x!, y: y!, width: w!, height: h!, fill: getComputedStyle(document.documentElement).getPropertyValue('--paper').trim() })) ground.setAttribute(k, v)
  copy.insertBefore(ground, copy.firstChild)
  return new XMLSerializer().serializeToString(copy)
}

// drawing is what svgText gives, to be put on a sheet.
export function drawing(svg: SVGSVGElement): Drawing {
  const box = svg.getBoundingClientRect()
  return { width: Math.round(box.width), height: Math.round(box.height), svg: svgText(svg) }
}

// png draws the text of an SVG file at twice its size. The drawing is given as data:
// the policy of the page allows a picture of this server or of the page itself.
export async function png(text: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }))
  try {
    const image = new Image()
    await new Promise((ok, no) => {
      image.onload = ok
      image.onerror = () => no(new Error('the drawing could not be read'))
      image.src = url
    })
    const canvas = document.createElement('canvas')
    canvas.width = image.naturalWidth * 2
    canvas.height = image.naturalHeight * 2
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height)
    return await new Promise((ok, no) => canvas.toBlob((b) => (b ? ok(b) : no(new Error('no picture was made'))), 'image/png'))
  } finally {
    URL.revokeObjectURL(url)
  }
}

// csv writes rows as RFC 4180 has it. A cell that a spreadsheet would take for a
// formula begins with an apostrophe.
export function csv(rows: string[][]): string {
  const cell = (s: string) => {
    const safe = /^[=+\-@\t\r]/.test(s) && !/^-?\d+(\.\d+)?$/.test(s) ? "'" + s : s
    return /[",\r\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe
  }
  return rows.map((r) => r.map(cell).join(',') + '\r\n').join('')
}

export function download(blob: Blob, name: string) {
  const url = URL.createObjectURL(blob)
  const a = document.createElement('a')
  a.href = url
  a.download = name
  a.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
