// Package record holds the bytes of the record: entries that their authors
// sign, the Merkle tree over them, checkpoints, cosignatures, receipts and
// proofs. It knows nothing of ceasefires, does no I/O, and reads no clock, so
// that the other side can check a record with a program of its own.
//
// A log is in C2SP tlog-tiles form: entries in bundles of 256, tiles of hashes,
// a signed checkpoint. An entry is an envelope in canonical JSON (RFC 8785); its
// payload stands beside the log and the envelope holds a salted commitment to
// it, so that a payload can be erased without touching the tree.
//
// The package promises that an envelope has one encoding, that nothing is
// accepted which is not in it, and that what it calls proved was proved by
// hashes and signatures alone.
package record
