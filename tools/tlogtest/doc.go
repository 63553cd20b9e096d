// Package tlogtest lets a reader of tlog-tiles that is not ours, the fsck of
// Tessera, check logs that truce writes. It is a module of its own, so that what
// it needs stays out of truce; `make test` runs it.
package tlogtest
