// Package audit checks a record from outside: a data directory, a log that is
// served as static files, or a bundle that was exported. It shares no code with
// the package that writes records, only the ground package record: what both
// agree on is the format, docs/formats.md.
//
// It promises to change nothing, to go on after what is wrong, and to name each
// thing that is wrong with its file and the entries that it touches. What it
// could not check it says.
package audit
