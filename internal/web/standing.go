package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/record"
	"github.com/truce-project/truce/when"
)

// RecordState is how far the record is, and how far others have seen it. All of it
// can be checked from /log/ alone: nothing here needs to be believed.
type RecordState struct {
	Vector     views.Vector    `json:"vector"`
	Origin     string          `json:"origin"`
	Key        string          `json:"key" doc:"by which checkpoints are signed; take it from elsewhere to prove whose log it is"`
	Version    string          `json:"version"`
	Engine     string          `json:"engine" doc:"rules by which findings are computed"`
	TZData     string          `json:"tzdata" doc:"edition of the time zones"`
	Checkpoint string          `json:"checkpoint" doc:"the last one, as /log/checkpoint has it"`
	Offices    []OfficeState   `json:"offices" doc:"this one first, then those whose logs it mirrors"`
	Policy     bool            `json:"policy" doc:"the record has a policy, which says whose cosignatures count"`
	Quorum     string          `json:"quorum,omitempty" doc:"group of the policy whose cosignatures are needed"`
	Witnesses  []WitnessState  `json:"witnesses"`
	Levels     []StandingLevel `json:"levels" doc:"entries before size have the level"`
	Problems   []string        `json:"problems,omitempty" doc:"what could not be read, or does not hold; it is not counted"`
}

// OfficeState is the log of one office as this server holds it.
type OfficeState struct {
	Origin   string  `json:"origin"`
	Own      bool    `json:"own"`
	Size     int64   `json:"size" doc:"entries in the last checkpoint that is held"`
	Root     string  `json:"root"`
	Accepted int64   `json:"accepted,omitempty" doc:"of this office: entries accepted"`
	Waiting  int64   `json:"waiting" doc:"of this office: accepted entries in no checkpoint"`
	Waited   float64 `json:"waited_s" doc:"of this office: seconds for which some have waited"`
	Behind   int64   `json:"behind" doc:"of this office: entries that answers do not know yet"`
	Changed  string  `json:"changed,omitempty" doc:"when the newest entry was made, or the mirror was brought up, by its author's clock"`
	Entry    string  `json:"entry,omitempty" doc:"mirror@1 that says so"`
}

// WitnessState is the largest checkpoint that a witness has cosigned.
type WitnessState struct {
	Name       string   `json:"name"`
	Key        string   `json:"key" doc:"public key, as the policy has it"`
	Groups     []string `json:"groups" doc:"of the policy that it is a member of"`
	Size       int64    `json:"size" doc:"0: it has cosigned nothing"`
	Lag        int64    `json:"lag" doc:"entries of the last checkpoint that it has not cosigned"`
	At         string   `json:"at,omitempty" doc:"when it signed, by its clock"`
	Checkpoint string   `json:"checkpoint,omitempty" doc:"what it signed, with its signature"`
}

// StandingLevel is how far a level of witnessing reaches.
type StandingLevel struct {
	Level string `json:"level" doc:"recorded, mirrored, neutral, all-parties; quorum"`
	Size  int64  `json:"size"`
	At    string `json:"at,omitempty" doc:"when the newest entry of the level was made"`
}

func (s *Server) witnessing() {
	register(s, "/api/keys/{id}", "The public key of an author. Its id is a hash of it, so that this needs not be believed. Whose it is stands in entries, for those who may read them", s.publicKey)
	register(s, "/api/record", "How far the record is, and how far witnesses have cosigned it. Anybody may ask, as they may read /log/", s.recordState)
}

func (s *Server) recordState(ctx context.Context, q *struct {
	Have have `header:"If-None-Match" doc:"ETag of an answer that the client has"`
}) (*typed[RecordState], error) {
	r := s.o.Log.Reader()
	l := &RecordState{Origin: r.Office.Origin, Key: r.Office.Key, Version: s.o.Version, Engine: judge.Engine, TZData: when.TZData,
		Checkpoint: string(r.Signed), Witnesses: []WitnessState{}, Levels: []StandingLevel{}}
	seen := &office.Witnessed{}
	if s.o.Office != nil {
		var err error
		if seen, err = s.o.Office.Witnessed(r); err != nil {
			return nil, failure(err)
		}
	}
	l.Policy, l.Quorum, l.Problems = seen.Policy, seen.Quorum, seen.Problems
	for _, w := range seen.Witnesses {
		x := WitnessState{Name: w.Name, Key: w.VKey, Groups: append([]string{}, w.Groups...), Size: w.Size, Lag: r.Size() - w.Size, Checkpoint: string(w.Checkpoint)}
		if !w.At.IsZero() {
			x.At = w.At.Format(time.RFC3339)
		}
		l.Witnesses = append(l.Witnesses, x)
	}
	for _, x := range seen.Levels {
		l.Levels = append(l.Levels, StandingLevel{x.Level, x.Size, madeAt(r, x.Size-1)})
	}
	if len(l.Levels) == 0 { // no folder of a record is at hand
		l.Levels = append(l.Levels, StandingLevel{"recorded", r.Size(), madeAt(r, r.Size()-1)})
	}
	l.mirrored(s.o.Peers, r)
	h := s.health()
	own := OfficeState{Origin: l.Origin, Own: true, Size: r.Size(), Root: r.Checkpoint.Root.String(), Accepted: h.Log.Entries, Waiting: h.Checkpoint.Waiting, Behind: h.Views.Behind, Changed: madeAt(r, r.Size()-1)}
	if own.Waiting > 0 {
		s.point.mu.Lock()
		own.Waited = s.o.Now().Sub(s.point.clear).Seconds()
		s.point.mu.Unlock()
	}
	l.Offices = []OfficeState{own}
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error {
		l.Vector = snap.Vector()
		mirrors, err := s.mirrors(ctx, snap)
		l.Offices = append(l.Offices, mirrors...)
		return err
	})
	if err != nil {
		return nil, failure(err)
	}
	return answer(ctx, l.Vector, l, q.Have, l), nil
}

// mirrored adds how far other offices hold the record, where no policy says whose
// word counts for that.
func (l *RecordState) mirrored(p Peers, r *journal.Reader) {
	if p == nil {
		return
	}
	for _, x := range l.Levels {
		if x.Level == audit.Mirrored {
			return
		}
	}
	if n := min(p.MirroredSize(), r.Size()); n > 0 {
		l.Levels = slices.Insert(l.Levels, 1, StandingLevel{audit.Mirrored, n, madeAt(r, n-1)})
	}
}

// madeAt is when an entry was made, by its author's clock; "" where there is none.
func madeAt(r *journal.Reader, i int64) string {
	if i < 0 {
		return ""
	}
	e, err := r.Entry(i)
	if err != nil {
		return ""
	}
	return e.Envelope.Made.UTC().Format(time.RFC3339)
}

// mirrors are the logs of other offices, as the newest entry mirror@1 of this office's
// log about each says. What another office notes is held there, and not here.
func (s *Server) mirrors(ctx context.Context, snap *views.Snapshot) ([]OfficeState, error) {
	var out []OfficeState
	known := map[string]bool{}
	err := snap.Store().Docs([]string{"mirror@1"}, snap.Size, func(d *views.Doc) bool {
		var m record.MirrorEntry
		// its fields name logs and not places, whatever fields of these names say elsewhere
		_, closed := s.redact(ctx, d)
		if d.Office != "" || closed || d.Erased || json.Unmarshal(d.Payload, &m) != nil || known[m.Origin] {
			return true
		}
		known[m.Origin] = true
		out = append(out, OfficeState{Origin: m.Origin, Size: m.Size, Root: m.Root, Changed: strings.TrimSpace(d.Made), Entry: d.ID})
		return true
	})
	return out, err
}

// PublicKey is the public half of an author's key.
type PublicKey struct {
	ID     string `json:"id" doc:"first 16 bytes of the SHA-256 of 'truce author key v1', a newline and the key"`
	Public string `json:"public" doc:"Ed25519, base64"`
}

func (s *Server) publicKey(_ context.Context, q *struct {
	ID string `path:"id"`
}) (*typed[PublicKey], error) {
	id, err := record.ParseKeyID(q.ID)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(err.Error())
	}
	ring, err := s.o.Log.Reader().KeyRing()
	if err != nil {
		return nil, failure(err)
	}
	k, ok := ring.Key(id)
	if !ok {
		return nil, huma.Error404NotFound("the log knows no key " + q.ID)
	}
	return &typed[PublicKey]{Status: http.StatusOK, Cache: "public, max-age=3600", Body: &PublicKey{q.ID, base64.StdEncoding.EncodeToString(k)}}, nil
}
