// Package office is what commands do with the record of an office: files are
// imported, findings recorded, keys added, entries exported, the whole backed up
// and restored.
//
// It promises that what was begun goes on after a crash where it was, and that
// nothing is recorded twice.
package office
