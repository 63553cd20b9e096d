// An operator's own tiles, beneath what truce draws: pieces of one file of this server.
// Their borders are not drawn: those are the map's own (docs/maps.md).
import type { LayerSpecification, SourceSpecification } from 'maplibre-gl'
import type * as GL from 'maplibre-gl'

export interface Tiles {
  sources: Record<string, SourceSpecification>
  attribution: string
  layers: (css: (name: string) => string, dark: boolean, lang: string) => LayerSpecification[]
}

let known: Promise<Tiles | null> | undefined

// operatorTiles asks once whether there are any.
export function operatorTiles(gl: typeof GL): Promise<Tiles | null> {
  known ??= read(gl).catch((e) => {
    console.info(String(e)) // the map does without
    return null
  })
  return known
}

async function read(gl: typeof GL): Promise<Tiles | null> {
  const about = (await (await fetch('/map/tiles.json')).json()) as { kind?: 'vector' | 'raster' }
  if (!about.kind) return null
  const { PMTiles, Protocol } = await import('pmtiles')
  const protocol = new Protocol()
  const file = new PMTiles(location.origin + '/map/tiles.pmtiles')
  protocol.add(file)
  gl.addProtocol('pmtiles', protocol.tile)
  const h = await file.getHeader()
  const meta = (await file.getMetadata()) as { attribution?: string; vector_layers?: { id: string }[] }
  const source = { tiles: [`pmtiles://${location.origin}/map/tiles.pmtiles/{z}/{x}/{y}`], minzoom: h.minZoom, maxzoom: h.maxZoom, bounds: [h.minLon, h.minLat, h.maxLon, h.maxLat] as [number, number, number, number] }
  // Whoever made the tiles is named as text, whatever markup they sent.
  const attribution = (meta.attribution ?? '').replace(/<[^>]*>/g, '').trim()
  if (about.kind === 'raster')
    return {
      sources: { tiles: { type: 'raster', tileSize: 256, ...source } },
      attribution,
      layers: (_, dark) => [{ id: 'tiles', type: 'raster', source: 'tiles', paint: { 'raster-saturation': -0.6, 'raster-brightness-max': dark ? 0.55 : 1 } }],
    }
  const names = (meta.vector_layers ?? []).map((l) => l.id).filter((id) => !/bound|admin/i.test(id))
  return {
    sources: { tiles: { type: 'vector', ...source } },
    attribution,
    layers: (css, _, lang) => names.flatMap((id) => styled(id, css, lang)),
  }
}

// styled draws a layer calmly, whatever its scheme: water as water, land as land, lines
// thin, points by their names.
function styled(id: string, css: (name: string) => string, lang: string): LayerSpecification[] {
  const fill = /water|ocean|sea|lake/i.test(id) ? css('sea') : /earth|land$/i.test(id) ? css('land') : css('border')
  const common = { source: 'tiles', 'source-layer': id }
  return [
    { id: `tiles-${id}-fill`, type: 'fill', ...common, filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': fill, 'fill-opacity': fill === css('border') ? 0.14 : 1 } },
    { id: `tiles-${id}-line`, type: 'line', ...common, filter: ['==', ['geometry-type'], 'LineString'], paint: { 'line-color': /water|river/i.test(id) ? css('sea') : css('border'), 'line-width': 0.8, 'line-opacity': 0.8 } },
    { id: `tiles-${id}-name`, type: 'symbol', ...common, minzoom: 8, filter: ['==', ['geometry-type'], 'Point'], layout: { 'text-field': ['coalesce', ['get', 'name:' + lang], ['get', 'name_' + lang], ['get', 'name:en'], ['get', 'name'], ''], 'text-size': 10.5, 'text-font': ['sans-serif'] }, paint: { 'text-color': css('ink-3'), 'text-halo-color': css('land'), 'text-halo-width': 1.2 } },
  ]
}
