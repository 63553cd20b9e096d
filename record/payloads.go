package record

// The payloads of entries. The tag doc is what docs/kinds.md says of a member.

// KindErasure is the kind of an entry that says that payloads were destroyed,
// KindClock that of one that says that the log's clock has jumped.
const (
	KindErasure = "erasure@1"
	KindClock   = "clock@1"
)

// ReportEntry is the payload of report@1.
type ReportEntry struct {
	Format string            `json:"format" doc:"of the row, as in docs/formats.md"`
	Row    map[string]string `json:"row" doc:"columns as they arrived"`
	Source string            `json:"source,omitempty" doc:"who reports"`
	Note   string            `json:"note,omitempty" doc:"of whoever took it down"`

	Language string `json:"language,omitempty" doc:"of the words, as whoever reports named it, such as uk"`

	Form   string            `json:"form,omitempty" doc:"ID@VERSION of the form that was filled in"`
	Fields map[string]string `json:"fields,omitempty" doc:"answers of the form that are no columns of the row, by field; several choices are joined by |"`
	Words  []string          `json:"words,omitempty" doc:"those from closed vocabularies, FIELD=WORD, by which lists can be filtered"`
}

// FormEntry is the payload of form@1.
type FormEntry struct {
	ID      string            `json:"id" doc:"of the form, the same for all its versions"`
	Version int64             `json:"version" doc:"from 1; a later one takes the place of this, and reports stay under the one they were made by"`
	Title   map[string]string `json:"title" doc:"by language"`
	Fields  []FormField       `json:"fields" doc:"in the order in which they are asked"`
	Retired bool              `json:"retired,omitempty" doc:"whether no report is made by it any more"`
}

// FormField is a question of a form.
type FormField struct {
	ID       string            `json:"id"`
	Type     string            `json:"type"`            // text, number, integer, yes-no, choice, choices, time, day, position
	Label    map[string]string `json:"label"`           // by language
	Help     map[string]string `json:"help,omitempty"`  // by language
	Words    []FormWord        `json:"words,omitempty"` // of choice and choices
	Required bool              `json:"required,omitempty"`
	Marking  string            `json:"marking,omitempty"` // a report that answers it is marked at least so
	To       string            `json:"to,omitempty"`      // column of the row that it fills; absent: a field of its own
}

// FormWord is a word of a closed vocabulary.
type FormWord struct {
	ID    string            `json:"id"`
	Label map[string]string `json:"label"`        // by language
	To    string            `json:"to,omitempty"` // what it means in the column, a|b
}

// IncidentEntry is the payload of incident@1.
type IncidentEntry struct {
	Title  string            `json:"title" doc:"for people"`
	Reason string            `json:"reason" doc:"why these reports are of one event"`
	Facts  map[string]string `json:"facts,omitempty" doc:"columns of the truce format, where they are narrower than the reports"`
}

// ReasonEntry is the payload of entries that only say why.
type ReasonEntry struct {
	Reason string `json:"reason" doc:"why, in words"`
}

// ClaimEntry is the payload of claim@1.
type ClaimEntry struct {
	Says  string            `json:"says" doc:"the words of the claim"`
	By    string            `json:"by" doc:"who claims"`
	Facts map[string]string `json:"facts,omitempty" doc:"columns of the truce format that the claim fills"`
	At    string            `json:"at,omitempty" doc:"where the claim was published"`
	// Mode and Accused are of claims that say who did it, or deny it.
	Mode    string            `json:"mode,omitempty" doc:"asserts, denies, attributes or acknowledges; absent: not told"`
	Accused string            `json:"accused,omitempty" doc:"whom it attributes something to"`
	Read    map[string]string `json:"read,omitempty" doc:"of a claim from an article: the draft that was accepted, as in meeting@1"`
}

// CorrectionEntry is the payload of correction@1 and dispute@1.
type CorrectionEntry struct {
	Reason string            `json:"reason" doc:"why, in words"`
	Facts  map[string]string `json:"facts,omitempty" doc:"columns as they should be; those not named stay"`
}

// DatasetEntry is the payload of dataset@1. The file is the entry's first blob.
type DatasetEntry struct {
	Name    string `json:"name" doc:"of the file"`
	Format  string `json:"format" doc:"as in docs/formats.md"`
	Parser  string `json:"parser" doc:"program and version that counted the rows"`
	Rows    int64  `json:"rows" doc:"that were read"`
	Refused int64  `json:"refused,omitempty" doc:"rows that could not be read"`
	Licence string `json:"licence,omitempty" doc:"of the file"`

	Incidents int64  `json:"incidents,omitempty" doc:"that the rows are read as"`
	Reports   int64  `json:"reports,omitempty" doc:"rows that are kept as reports and are no incidents"`
	Source    string `json:"source,omitempty" doc:"what it is an edition of; without it, the name"`
	URL       string `json:"url,omitempty" doc:"where it came from"`
	New       int64  `json:"new,omitempty" doc:"rows that the edition before did not have"`
	Updated   int64  `json:"updated,omitempty" doc:"rows that differ from those of the edition before"`
	Unchanged int64  `json:"unchanged,omitempty" doc:"rows that the edition before has too"`
	Withdrawn int64  `json:"withdrawn,omitempty" doc:"rows of the edition before that are gone, though it covers their day"`

	Original string   `json:"original,omitempty" doc:"SHA-256 of the file as it arrived, where a mapping made the table of it; it is the second blob"`
	Mapping  string   `json:"mapping,omitempty" doc:"SHA-256 of the mapping (docs/import.md); it is the third blob"`
	Each     bool     `json:"each,omitempty" doc:"whether its rows are recorded as entries of their own, which count in their place"`
	Unknown  []string `json:"unknown,omitempty" doc:"words of the source that the mapping does not know and that leave facts open, with the number of rows"`
}

// CommitmentEntry is the payload of commitment@1.
type CommitmentEntry struct {
	ID         string `json:"id" doc:"that of the commitment in the text's front matter"`
	Text       string `json:"text" doc:"id of the text"`
	Party      string `json:"party" doc:"whose commitment it is"`
	Commitment string `json:"commitment" doc:"the commitment, in the YAML of the front matter (docs/terms.md)"`
}

// NoticeEntry is the payload of notice@1.
type NoticeEntry struct {
	Text   string   `json:"text" doc:"id of the text"`
	Clause string   `json:"clause,omitempty" doc:"under which it is given"`
	From   string   `json:"from" doc:"the party that gives it"`
	To     []string `json:"to" doc:"to whom"`
	Says   string   `json:"says" doc:"its words"`
}

// TermsEntry is the payload of terms@1. The text is the entry's first blob.
type TermsEntry struct {
	ID     string `json:"id" doc:"of the text"`
	Digest string `json:"digest" doc:"of its canonical form, hexadecimal"`
	Title  string `json:"title" doc:"for people"`

	Files []string `json:"files,omitempty" doc:"names of the blobs, in their order: the text first, then its annexes and the files that zones are drawn in, as the text names them; absent where the text is alone"`
}

// FindingEntry is the payload of finding@1.
type FindingEntry struct {
	Incident string            `json:"incident" doc:"id in the dataset"`
	Terms    string            `json:"terms" doc:"id of the text"`
	Digest   string            `json:"terms_digest" doc:"of its canonical form, hexadecimal"`
	Engine   string            `json:"engine" doc:"rules by which it was judged"`
	TZData   string            `json:"tzdata" doc:"edition of the time zones"`
	Verdicts map[string]string `json:"verdicts" doc:"by reading, if the facts hold"`
	Findings string            `json:"findings" doc:"SHA-256, hexadecimal, of the findings as the lines of the JSON format"`
	Assumed  string            `json:"assumed,omitempty" doc:"in-force where the text was judged as if in force at all times"`
}

// AcceptanceEntry is the payload of acceptance@1.
type AcceptanceEntry struct {
	Digest       string   `json:"digest" doc:"of the text that is accepted"`
	Party        string   `json:"party" doc:"who accepts"`
	Reservations []string `json:"reservations,omitempty" doc:"what it does not accept"`
}

// DeterminationEntry is the payload of determination@1.
type DeterminationEntry struct {
	By     string            `json:"by" doc:"who determines"`
	Power  string            `json:"power,omitempty" doc:"clause that gives the power"`
	Says   string            `json:"says" doc:"a verdict, or facts"`
	Reason string            `json:"reason" doc:"why, in words"`
	Facts  map[string]string `json:"facts,omitempty" doc:"columns of the truce format that are determined"`
}

// ErasureEntry is the payload of erasure@1.
type ErasureEntry struct {
	Reason    string `json:"reason" doc:"why, in words"`
	Authority string `json:"authority,omitempty" doc:"who ordered it"`
}

// MirrorEntry is the payload of mirror@1.
type MirrorEntry struct {
	Origin     string `json:"origin" doc:"of the other log"`
	Size       int64  `json:"size" doc:"entries held"`
	Root       string `json:"root" doc:"of the tree at that size, base64"`
	Checkpoint string `json:"checkpoint" doc:"as the other log signed it"`
}

// ClockEntry is the payload of clock@1: the log's clock has jumped.
type ClockEntry struct {
	Expected     string `json:"expected" doc:"by the time that had passed"`
	Shown        string `json:"shown" doc:"by the clock"`
	Milliseconds int64  `json:"milliseconds" doc:"shown minus expected"`
}

// AnnexSealEntry is the payload of annex-seal@1.
type AnnexSealEntry struct {
	Annex   string   `json:"annex" doc:"id of the annex in the text"`
	Holder  string   `json:"holder" doc:"who holds the objects and their salts"`
	Objects []string `json:"objects" doc:"salted commitments (as those to payloads), hexadecimal, in their own order so that it tells nothing"`
}

// EvidenceEntry is the payload of evidence@1. Both copies are blobs of the entry.
type EvidenceEntry struct {
	Name     string `json:"name,omitempty" doc:"of the file where it came from"`
	Type     string `json:"type" doc:"media type, by its content"`
	Size     int64  `json:"size" doc:"bytes"`
	Original string `json:"original" doc:"SHA-256 of the evidentiary copy"`
	Public   string `json:"public,omitempty" doc:"SHA-256 of the copy without metadata"`
	Custody  string `json:"custody,omitempty" doc:"how it came here"`
}
