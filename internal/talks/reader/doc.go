// Package reader turns an article into drafts, by rules and by the words of
// data/, in English, Ukrainian and Russian. It uses no model and no chance: one
// text gives the same drafts always.
//
// It promises that each draft names the words it rests on, as they stand in the
// text; that a plan is not told as a fact, a claim not as an observation, and a
// refusal not as consent; that dates are resolved only against a dateline that
// is known; and that who said it stays open where the text does not tell.
package reader
