package record

// KindReportIssue is the kind of an entry that says that a report was issued.
const KindReportIssue = "report-issue@1"

// ReportIssueEntry is the payload of report-issue@1.
type ReportIssueEntry struct {
	Title   string            `json:"title" doc:"of the report, in its language"`
	Lang    string            `json:"lang" doc:"language"`
	From    string            `json:"from" doc:"beginning of the period, RFC 3339"`
	To      string            `json:"to" doc:"the cut-off, RFC 3339"`
	Rule    string            `json:"rule" doc:"counting rule of the headline, NAME@VERSION"`
	Vector  []string          `json:"vector" doc:"what it was made from: ORIGIN SIZE, for each log"`
	Files   []string          `json:"files" doc:"names of the files, in the order of the entry's blobs"`
	Figures map[string]string `json:"figures" doc:"its numbers by their id: 3, 2..5 or at least 7"`
	Records []string          `json:"records,omitempty" doc:"ids of the incidents that it tells of: where one is no longer for the same readers, neither is the report"`
	Marking string            `json:"marking" doc:"whom it may be shown to"`
	Reason  string            `json:"reason,omitempty" doc:"of a corrigendum what was wrong, else why it was issued"`
}

// issueKinds are the kinds about what a mission publishes.
var issueKinds = []Kind{
	{Name: KindReportIssue, Says: "A report was issued: its files, the entries that it was made from, its numbers. What supersedes it is a corrigendum; the report stays.", Refs: []Relation{Supersedes}, Blobs: true,
		Payload: ReportIssueEntry{Title: "Daily report 98/2025", Lang: "en", From: "2025-04-07T16:30:00Z", To: "2025-04-08T16:30:00Z", Rule: "incident@1", Vector: []string{"example.org/north 361"}, Files: []string{"report.html"},
			Figures: map[string]string{"violations.total": "4..6"}, Records: []string{"01JPWM4DG0QX8V3A2B7Z9C5EKT"}, Marking: "public"}},
}
