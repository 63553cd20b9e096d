// Package publish makes a site of plain files from a record, for any web server,
// and checks such a site.
//
// It promises that nothing is in the site but what the record answers to somebody
// who has not signed in, so that package rights decides, field by field, and that
// rules of delay and embargo only ever take away; that the same record gives the
// same bytes; that each file is in a list that the key of the record signed; and
// that files which have not changed are not touched.
//
//	index.html, days/, incidents/, terms/   pages
//	data/                                   CSV, GeoJSON, JSON
//	proofs/                                 that entries are in the log (.tlog-proof)
//	log/                                    checkpoint and tiles (C2SP tlog-tiles)
//	office.json                             origin and key of the record
//	manifest.txt, manifest.note             SHA-256 of each file; signed
package publish
