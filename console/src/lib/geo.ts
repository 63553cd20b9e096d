// Rings on the sphere, for drawing only: nothing is judged by them.
const EARTH = 6_371_008.8

export type Ring = [number, number][]

export function ring(lat: number, lon: number, metres: number, corners = 64): Ring {
  const out: Ring = []
  const d = metres / EARTH
  const φ = (lat * Math.PI) / 180
  const λ = (lon * Math.PI) / 180
  for (let i = 0; i <= corners; i++) {
    const θ = (2 * Math.PI * i) / corners
    const φ2 = Math.asin(Math.sin(φ) * Math.cos(d) + Math.cos(φ) * Math.sin(d) * Math.cos(θ))
    const λ2 = λ + Math.atan2(Math.sin(θ) * Math.sin(d) * Math.cos(φ), Math.cos(d) - Math.sin(φ) * Math.sin(φ2))
    out.push([(λ2 * 180) / Math.PI, (φ2 * 180) / Math.PI])
  }
  return out
}

// precisely says how well a place is known.
export function precisely(m: number | undefined): string {
  if (m === undefined) return ''
  if (m < 1000) return '±' + Math.round(m) + ' m'
  return '±' + (m < 10_000 ? Math.round(m / 100) / 10 : Math.round(m / 1000)) + ' km'
}
