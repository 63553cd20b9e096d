package parts

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

// Kinds of questions.
const (
	Verdicts = "verdicts" // the verdict alone, of each row under each reading
	Findings = "findings" // findings with trace and deciding facts
	History  = "history"  // how verdicts change from one text to another
)

// Question is what is asked of rows, so that another process can ask it.
type Question struct {
	Kind  string `json:"kind"`
	Sides []Side `json:"sides"` // texts, in order
	// Commitments override those of the texts: YAML, as it was given.
	Commitments string `json:"commitments,omitempty"`
	Level       string `json:"level,omitempty"` // findings: only facts of this level and above
	// From and Until bound when what is asked about may have happened, RFC 3339.
	From   string `json:"from,omitempty"`
	Until  string `json:"until,omitempty"`
	Strict bool   `json:"strict,omitempty"`
	Format string `json:"format,omitempty"` // csv or jsonl; "": nothing is written
	Engine string `json:"engine"`
	TZData string `json:"tzdata"`
}

// Formats are those in which answers are written.
var Formats = []string{"csv", "jsonl"}

// Side is a text under some of its readings.
type Side struct {
	Text     string    `json:"text"` // its file, or the id of one that comes with truce
	Digest   string    `json:"digest"`
	Readings []Reading `json:"readings"`
}

// Reading is one reading of a text.
type Reading struct {
	ID     string `json:"id"`
	Assume bool   `json:"assume,omitempty"` // as if in force at all times
}

// digest is of the question, wherever its texts stand.
func (q Question) digest() string {
	q.Engine, q.TZData = judge.Engine, when.TZData
	q.Sides = append([]Side(nil), q.Sides...)
	for i := range q.Sides {
		q.Sides[i].Text = ""
	}
	b, err := json.Marshal(q)
	if err != nil {
		panic("parts: a question that cannot be written: " + err.Error())
	}
	return hexSum(b)
}

const questionFile = "question.json"

// Keep writes the question into a folder, for LoadQuestion.
func (q Question) Keep(dir string) error {
	q.Engine, q.TZData = judge.Engine, when.TZData
	b, err := json.MarshalIndent(q, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, questionFile), append(b, '\n'))
}

// LoadQuestion reads the question that was kept in a folder.
func LoadQuestion(dir string) (Question, error) {
	var q Question
	b, err := os.ReadFile(filepath.Join(dir, questionFile))
	if err != nil {
		return q, err
	}
	return q, json.Unmarshal(b, &q)
}

// OpenText opens a text by the name that a Side has.
type OpenText func(name string) (*terms.Terms, error)

// Ask makes a question ready to be asked. A text that is not the one the
// question was made with is an error.
func Ask(q Question, open OpenText) (Asker, error) {
	b := base{q: q, digest: q.digest(), from: when.Past, until: when.Future}
	if q.Engine != "" && (q.Engine != judge.Engine || q.TZData != when.TZData) {
		return nil, fmt.Errorf("the question was asked of another edition of truce (engine %s, time zones %s)", q.Engine, q.TZData)
	}
	for _, s := range q.Sides {
		rs, err := regimes(s, q.Commitments, open)
		if err != nil {
			return nil, err
		}
		b.sides = append(b.sides, rs)
	}
	if len(b.sides) == 0 {
		return nil, errors.New("a question without a text")
	}
	b.feed = feeds.Options{Vocabulary: b.sides[0][0].Terms.Vocabulary, Strict: q.Strict}
	for _, x := range []struct {
		text string
		to   *when.Instant
	}{{q.From, &b.from}, {q.Until, &b.until}} {
		if x.text != "" {
			var err error
			if *x.to, err = when.ParseRFC3339(x.text); err != nil {
				return nil, err
			}
		}
	}
	if q.Level != "" {
		l, err := evidence.ParseLevel(q.Level)
		if err != nil {
			return nil, err
		}
		b.level = &l
	}
	switch q.Kind {
	case Verdicts:
		return askVerdicts(b)
	case Findings:
		return askFindings(b)
	case History:
		return askHistory(b), nil
	}
	return nil, fmt.Errorf("%q is no kind of question", q.Kind)
}

// base is what all questions have.
type base struct {
	q           Question
	digest      string
	sides       [][]*terms.Regime
	feed        feeds.Options
	level       *evidence.Level
	from, until when.Instant
}

// Digest is of the question.
func (b *base) Digest() string { return b.digest }

// Feed says how rows are read.
func (b *base) Feed() feeds.Options { return b.feed }

func regimes(s Side, commitments string, open OpenText) ([]*terms.Regime, error) {
	t, err := open(s.Text)
	if err != nil {
		return nil, err
	}
	if t.Digest != s.Digest {
		return nil, fmt.Errorf("%s has changed since the question was asked: its digest is %.12s and was %.12s", s.Text, t.Digest, s.Digest)
	}
	var over []terms.Commitment
	if commitments != "" {
		var problems terms.Problems
		if over, problems = t.ParseCommitments("commitments", []byte(commitments)); problems != nil {
			return nil, problems
		}
	}
	var out []*terms.Regime
	for _, r := range s.Readings {
		x, err := t.Under(r.ID, over, r.Assume)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s is asked under no reading", s.Text)
	}
	return out, nil
}
