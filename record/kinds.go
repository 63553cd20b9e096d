package record

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Kind is a kind of entry. Readers keep entries of kinds that they do not know:
// these are in the tree and count for nothing else. A change of meaning is a new
// version; an old one is never changed.
type Kind struct {
	Name    string     // NAME@VERSION
	Says    string     // what the entry says
	Refs    []Relation // relations that it uses
	Blobs   bool       // whether it names files
	Payload any        // an example; its type is the schema
}

// Kinds are the kinds that this version of truce writes and reads.
var Kinds = append([]Kind{
	{Name: KindKey, Says: "A key may write to this log. The first entry of a log introduces the log's own key and is signed by it; all others are signed by a key that the log knows.",
		Payload: KeyEntry{Name: "Monitoring mission, northern office", Party: "", Role: "office", Public: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}},
	{Name: KindRevoke, Says: "A key may not write any more. What it signed at earlier places stays valid; what stands later is not.",
		Payload: RevokeEntry{Key: "9d61b19deffd5a60ba844af492ec2cc4", Reason: "stolen"}},
	{Name: "report@1", Says: "Somebody reports an event, as an observation of their own or as an office took it down. It is not a finding.", Refs: []Relation{About}, Blobs: true,
		Payload: ReportEntry{Format: "truce", Row: map[string]string{"id": "R-17", "time_start": "2025-03-20T20:20Z", "time_end": "2025-03-20T23:30Z", "lat": "51.11", "lon": "35.18", "precision_m": "6000", "text": "Fire at a gas metering station"}, Source: "patrol 4"}},
	{Name: "form@1", Says: "A form by which reports are made: questions with types, words and labels (docs/forms.md). It is never changed; a later version takes its place.", Refs: []Relation{Supersedes},
		Payload: FormEntry{ID: "road-check", Version: 1, Title: map[string]string{"en": "Road check", "uk": "Перевірка дороги"}, Fields: []FormField{
			{ID: "when", Type: "time", Label: map[string]string{"en": "When was it?", "uk": "Коли це було?"}, Required: true, To: "time_start"},
			{ID: "road", Type: "choice", Label: map[string]string{"en": "The road is"}, Words: []FormWord{{ID: "open", Label: map[string]string{"en": "open"}}, {ID: "blocked", Label: map[string]string{"en": "blocked"}}}}}}},
	{Name: "incident@1", Says: "Reports are taken to be of one event. The incident is what is judged.", Refs: []Relation{About},
		Payload: IncidentEntry{Title: "Gas metering station on fire", Reason: "same place within 6 km, same night"}},
	{Name: "merge@1", Says: "Incidents are taken as one. It can be taken back by split@1.", Refs: []Relation{Merges},
		Payload: ReasonEntry{Reason: "the same explosion, reported from two villages"}},
	{Name: "split@1", Says: "Takes a merge back, as if it had not been.", Refs: []Relation{Splits},
		Payload: ReasonEntry{Reason: "two explosions, four minutes apart"}},
	{Name: "claim@1", Says: "A party, or another source, says something of an event: who did what. A claim is never an observation.", Refs: []Relation{About}, Blobs: true,
		Payload: ClaimEntry{Says: "The station was shelled.", By: "spokesman of BRAVO", Facts: map[string]string{"act": "attack.strike.artillery"}}},
	{Name: "correction@1", Says: "Replaces an entry by the same author. The old one stays, and is shown as superseded. By anybody else this is a dispute.", Refs: []Relation{Supersedes}, Blobs: true,
		Payload: CorrectionEntry{Reason: "minutes and seconds were exchanged", Facts: map[string]string{"place": "51.11,35.18"}}},
	{Name: "dispute@1", Says: "Contradicts an entry by another author, until somebody who may adopts one of the two.", Refs: []Relation{Disputes}, Blobs: true,
		Payload: CorrectionEntry{Reason: "the patrol was at another village", Facts: map[string]string{"place": "51.20,35.30"}}},
	{Name: "adoption@1", Says: "Settles a dispute in favour of an entry, by somebody who may.", Refs: []Relation{Adopts},
		Payload: ReasonEntry{Reason: "photographs show the church of the second village"}},
	{Name: "dataset@1", Says: "A file with many rows, taken in as a whole. Where its rows are recorded as entries too, these count and not what the file holds. A later edition supersedes it.", Refs: []Relation{Supersedes}, Blobs: true,
		Payload: DatasetEntry{Name: "events-2025-03.csv", Format: "acled", Parser: "truce/1", Rows: 12873, Refused: 4}},
	{Name: "commitment@1", Says: "A party undertakes something from a moment on, or is released from it. It overrides the commitment in the front matter of the text that has the same id.", Refs: []Relation{About, Supersedes},
		Payload: CommitmentEntry{ID: "alfa", Text: "halt-2030", Party: "ALFA", Commitment: `{id: alfa, party: ALFA, act: signature, from: "2030-03-01T00:00+02:00", released: "2030-04-16T21:00Z"}`}},
	{Name: "notice@1", Says: "A notice under a clause: of a breach, of a withdrawal, of works at a place.", Refs: []Relation{About}, Blobs: true,
		Payload: NoticeEntry{Text: "halt-2030", Clause: "1.8", From: "ALFA", To: []string{"BRAVO"}, Says: "The halt ends."}},
	{Name: "terms@1", Says: "The text of a ceasefire, by its digest; the file is a blob.", Refs: []Relation{Supersedes}, Blobs: true,
		Payload: TermsEntry{ID: "halt-2030", Digest: "56670f26ba2b5a1d0b8f8d4e3c7a9f1e2d3c4b5a69788796a5b4c3d2e1f00112", Title: "A halt of strikes"}},
	{Name: "finding@1", Says: "What follows of an incident under a text, by reading, if the facts hold. It names the text and the dataset, so that anybody can judge again and compare.", Refs: []Relation{About},
		Payload: FindingEntry{Incident: "R-17", Terms: "halt-2030", Digest: "56670f26ba2b5a1d0b8f8d4e3c7a9f1e2d3c4b5a69788796a5b4c3d2e1f00112", Engine: "truce-judge/1", TZData: "2025b", Verdicts: map[string]string{"text": "undetermined"}, Findings: "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}},
	{Name: "acceptance@1", Says: "A party accepts a text: the digest that stands here and no other.", Refs: []Relation{About},
		Payload: AcceptanceEntry{Digest: "56670f26ba2b5a1d0b8f8d4e3c7a9f1e2d3c4b5a69788796a5b4c3d2e1f00112", Party: "BRAVO", Reservations: []string{"1.3: metering stations are part of the pipeline"}}},
	{Name: "determination@1", Says: "Somebody with the power to do so determines what happened, or whether it was a breach.", Refs: []Relation{About}, Blobs: true,
		Payload: DeterminationEntry{By: "joint commission", Power: "4.2", Says: "undetermined", Reason: "neither party gave access", Facts: map[string]string{"target": "energy.gas.metering-station"}}},
	{Name: KindErasure, Says: "The payloads of entries were destroyed, by lawful order. The entries stay in the tree; nobody can tell any more what they committed to.", Refs: []Relation{Erases},
		Payload: ErasureEntry{Reason: "a witness withdrew consent", Authority: "data protection officer of the mission"}},
	{Name: "mirror@1", Says: "This log holds a copy of another, up to a size, and has checked that it continues what it held before.", Refs: []Relation{Mirrors},
		Payload: MirrorEntry{Origin: "example.org/north", Size: 70000, Root: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", Checkpoint: "example.org/north\n70000\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— example.org/north ...\n"}},
	{Name: KindClock, Says: "The clock of the log has jumped by more than 5 s against the time that had passed. Order is that of the log, never that of clocks.",
		Payload: ClockEntry{Expected: "2025-03-25T00:01:00.000Z", Shown: "2025-03-25T01:01:00.000Z", Milliseconds: 3600000}},
	{Name: "annex-seal@1", Says: "A list of objects under seal, such as protected sites: one salted commitment for each, so that the neutral can answer for one object without opening the others. What the objects are is not in the log.", Refs: []Relation{Supersedes},
		Payload: AnnexSealEntry{Annex: "sites-a", Holder: "neutral office", Objects: []string{"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}}},
	{Name: "evidence@1", Says: "A file that bears on an entry: the evidentiary copy as it arrived, and where one was made the public copy without its metadata.", Refs: []Relation{About}, Blobs: true,
		Payload: EvidenceEntry{Name: "DSC_0412.JPG", Type: "image/jpeg", Size: 4194304, Original: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae", Public: "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9", Custody: "handed over by the patrol, 21 March, 08:10"}},
}, slices.Concat(peopleKinds, verifyKinds, commissionKinds, issueKinds, talksKinds, officeKinds)...)

// KindOf finds a kind by its name; ok is false for kinds that are not known,
// which are kept all the same.
func KindOf(name string) (Kind, bool) {
	for _, k := range Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

// KindsPage writes docs/kinds.md.
func KindsPage() string {
	var b strings.Builder
	b.WriteString(`# Kinds of entries

Made from record/kinds.go by ` + "`go test ./record -run Kinds -update`" + `; a test compares.

An entry is an envelope: who wrote it, when by their clock, what kind it is, what
it refers to, and a commitment to its payload (see [the design](design/record.md)).
What stands here are the payloads. All are JSON; members that are empty may be left
out. Readers keep entries of kinds that they do not know. A change of meaning is
a new version, and an old version is read for ever.

| kind | what it says |
| --- | --- |
`)
	for _, k := range Kinds {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", k.Name, strings.ReplaceAll(k.Name, "@", ""), firstSentence(k.Says))
	}
	for _, k := range Kinds {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", k.Name, k.Says)
		if len(k.Refs) > 0 {
			fmt.Fprintf(&b, "Refers to other entries by: %s.\n", joinRelations(k.Refs))
		}
		if k.Blobs {
			b.WriteString("May name files by their SHA-256.\n")
		}
		if len(k.Refs) > 0 || k.Blobs {
			b.WriteString("\n")
		}
		b.WriteString("| member | type | |\n| --- | --- | --- |\n")
		t := reflect.TypeOf(k.Payload)
		for i := range t.NumField() {
			f := t.Field(i)
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			must := "required"
			if strings.Contains(options, "omitempty") {
				must = "may be left out"
			}
			fmt.Fprintf(&b, "| `%s` | %s, %s | %s |\n", name, typeName(f.Type), must, f.Tag.Get("doc"))
		}
		example, err := json.MarshalIndent(k.Payload, "", "  ")
		if err != nil {
			panic("record: an example that has no JSON: " + err.Error())
		}
		fmt.Fprintf(&b, "\n```json\n%s\n```\n", example)
	}
	return b.String()
}

func firstSentence(s string) string {
	first, _, _ := strings.Cut(s, ". ")
	return strings.TrimSuffix(first, ".") + "."
}

func joinRelations(rs []Relation) string {
	var out []string
	for _, r := range rs {
		out = append(out, "`"+string(r)+"`")
	}
	return strings.Join(out, ", ")
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Int64, reflect.Int:
		return "integer"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	case reflect.Map:
		return "object of " + typeName(t.Elem())
	}
	return "object"
}
