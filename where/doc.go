// Package where answers questions about places: how far apart two points are,
// whether a point lies in a named zone, and whether a place that is known only
// roughly lies wholly inside a zone, wholly outside it, or across its boundary.
//
// A place is a [Region], the set of points where something may have happened;
// it is never reduced to a point when it is coarse. A zone of the terms is a
// [Zone]. What "distance", "edge" and "on the boundary" mean is a [Model],
// which the terms name; the zero Model is the WGS84 ellipsoid, edges along
// great circles, and boundaries that belong to the zone.
//
// Coordinates are degrees WGS84, latitude first in [Point] and longitude first
// in GeoJSON and WKT, as those formats have it. Distances are metres.
//
// The package does no input or output, reads no clock and keeps no state that a
// caller can see; every value may be used from several goroutines at once.
package where
