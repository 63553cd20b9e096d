// Package forms is the forms by which reports are made: what they ask, and whether
// answers fit.
//
// It promises that an answer is taken as it was given or refused with the words that
// were expected, that what a form does not ask is refused too, and that a version of
// a form means the same for ever.
package forms
