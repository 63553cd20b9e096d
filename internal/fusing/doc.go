// Package fusing brings files to package evidence, which puts reports together,
// and writes down what comes of it.
//
// It promises that memory does not grow with the files: reports are sorted in
// runs on disk and fused as they come in time. Nothing of a report is lost on
// the way, and a file that holds it twice counts once.
package fusing
