// Package journal keeps the record of one office on disk: one log in C2SP
// tlog-tiles form, written by one process, with payloads and blobs beside it.
//
// It promises that an entry whose receipt was given is on disk before the
// receipt is; that places in the log are never given twice; that nothing is
// signed which was not read back and hashed first; and that it stops loudly
// where it cannot keep these promises, since a log that goes on with a lost
// entry cannot be mended.
//
// All that it asks of the outside (disk, clock, chance) comes through World, so
// that tests can make any of it fail at any moment and repeat it by a seed.
//
// Reading order: Create and Open (what is checked before anything is written),
// Log.Append (sequence.go gives places, wal.go writes them), Log.Integrate
// (writer.go, readback.go), Reader (tiles.go proves what is read), Check. The why
// is in docs/design/record.md.
//
//	DIR/office.json     origin and public key
//	DIR/log.key         the key of the log; whoever holds it can write in its name
//	DIR/lock            held while a process writes
//	DIR/signed          the last checkpoint that was signed, before it is shown
//	DIR/log/            what anybody may read: checkpoint, tile/0/..., tile/entries/...
//	DIR/index           what must be known of all entries when a log is opened
//	DIR/wal/            entries that are accepted and not yet in tiles
//	DIR/payload/        payloads with their salts, 256 entries a file
//	DIR/blob/           files by their SHA-256
package journal
