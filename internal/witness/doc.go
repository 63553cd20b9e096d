// Package witness cosigns checkpoints of logs: it remembers one checkpoint of
// each log, and signs another only with the proof that it continues the one it
// has. It speaks C2SP tlog-witness over HTTP, and the same in files, for a party
// that is reached by a stick.
//
// It promises that it never signs two histories of one log, also after a crash:
// what it has signed is on disk before the signature leaves it.
package witness
