// Package feeds reads files about events into incidents, one file format per
// source file: the plain interchange (truce), lists of claims, the table of
// missile and drone attacks, GeoJSON, and the tables and feeds of those who
// collect events. Rows that are no events, detections of heat and air-raid
// alerts, are counted as reports and never made into incidents.
//
// It promises four things. A file of none of these kinds is refused by name,
// never half read. A row that cannot be read is reported with file, line and
// reason, counted, and never stops the rest. What a source leaves open stays a
// set of possibilities: a word of a source that may mean two things gives both,
// and an incident one of whose alternatives could not be read is left out
// rather than judged as if it had fewer. And memory does not grow with the
// file, apart from some 50 bytes a row to know what was seen.
//
// What the words of a source mean is not in the code but in the tables under
// data/, each row with its reason.
package feeds
