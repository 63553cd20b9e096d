// Package commission keeps what a joint commission works by: cases with their
// clocks, the hotline, duties and quotas, answers to breaches, windows, notified
// activities, exercises.
//
// It promises that a state is a function of entries, texts and a time that is
// passed in: it does no I/O and reads no clock. Both parties are treated alike: a
// state with the parties exchanged is the state of the exchanged entries (tested).
// What a party says stays its word; what nobody has shown is not taken as not
// done; what does not count is kept, with the reason.
package commission
