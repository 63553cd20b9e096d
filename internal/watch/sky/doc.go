// Package sky says where satellites and the sun stand: when a satellite of which
// elements are known passes over a place, how high, and whether it is day there.
//
// Satellites are propagated by SGP4, as published in Spacetrack Report No. 3
// (Hoots and Roehrich, 1980) and revised by Vallado, Crawford, Hujsak and Kelso
// (AIAA 2006-6753), for orbits of less than 225 minutes; those that see the
// ground in detail are all of these. Elements of slower ones are refused by name.
// A position from elements a few days old is good to some kilometres, which is
// seconds of a pass; elements older than MaxAge are not used.
//
// The package does no I/O and reads no clock.
package sky
