// Package story makes the record of the demo: the talks and disputed incidents of
// March and April 2025 as a mission might have recorded them.
//
// Three things are in it, and each says what it is:
//
//   - What parties and other sources said in public: claims with speaker, date and
//     where it stands, in our own summary; only what is in quotation marks is
//     quoted, from published translations (statements.txt). The incidents are those
//     of package cases.
//   - What the mission of the demo did about it: reports of its patrols, evidence,
//     notices, a determination with dissent. There was no such mission: the words
//     of each such entry begin with "DEMO".
//   - Background events made by a generator, so that lists and maps have something
//     to sort: source `synthetic`, their words begin with "SYNTHETIC". Each has a
//     twin with the parties exchanged.
//
// The record is the same to the byte whenever it is made: ids, times, keys and
// salts come from a seed that stands here. So its keys are worthless, and say so in
// their names.
package story

import "time"

// Origin is the name of the demo's record.
const Origin = "demo.truce.example/story"

// Notice is what every surface that shows the record has to say.
const Notice = "Demo record: public statements of March and April 2025 in summary, work of a mission that never was (DEMO), and generated background (SYNTHETIC). Its keys are published and prove nothing."

// Today is the day on which the story ends.
var Today = time.Date(2025, 4, 30, 12, 0, 0, 0, time.UTC)
