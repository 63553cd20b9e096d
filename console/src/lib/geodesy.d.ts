// The parts of geodesy that are used; it comes without types.
declare module 'geodesy/mgrs.js' {
  export class LatLon {
    constructor(lat: number, lon: number)
    lat: number
    lon: number
    toUtm(): Utm
    toString(format: 'd' | 'dm' | 'dms' | 'n', dp?: number): string
  }
  export class Utm {
    constructor(zone: number, hemisphere: 'N' | 'S', easting: number, northing: number)
    zone: number
    hemisphere: string
    easting: number
    northing: number
    toLatLon(): LatLon
    toMgrs(): Mgrs
    toString(digits?: number): string
  }
  export default class Mgrs {
    constructor(zone: number, band: string, e100k: string, n100k: string, easting: number, northing: number)
    toUtm(): Utm
    toString(digits?: number): string
  }
  export class Dms {
    static parse(s: string): number
  }
}
declare module 'geodesy/latlon-ellipsoidal-vincenty.js' {
  export default class LatLon {
    constructor(lat: number, lon: number)
    lat: number
    lon: number
    destinationPoint(metres: number, bearing: number): LatLon
  }
}
