package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// Peers are the copies of other offices' logs.
type Peers interface {
	Status() []mirror.Status
	MirroredSize() int64
	Reader(origin string) *journal.Reader // of the copy; nil: there is none
}

// PeerList is how the other offices are followed.
type PeerList struct {
	Vector  views.Vector `json:"vector"`
	Now     string       `json:"now" doc:"by the clock of this office"`
	Offices []PeerState  `json:"offices"`
}

// PeerState is how one office is followed. There is no word for all being well in
// it: it says what is known, since when, and what is missing.
type PeerState struct {
	Origin       string   `json:"origin"`
	Key          string   `json:"key"`
	URL          string   `json:"url,omitempty" doc:"where it answers; absent: it is reached through others, or by stick"`
	Headquarters bool     `json:"headquarters"`
	May          string   `json:"may" doc:"most closed marking of payloads that it is given of this office"`
	States       []string `json:"states" doc:"what has to be said first, of: forked, rolled-back, damaged, revoked, never-reached, silent, behind, payloads-missing, files-missing, clock-differs; empty: nothing of these is known"`

	Contact string  `json:"contact,omitempty" doc:"when it answered last, by the clock of this office; absent: never"`
	Silent  float64 `json:"silent_s" doc:"seconds since it answered; -1: it never did"`
	Tried   string  `json:"tried,omitempty" doc:"when it was asked last"`
	Failed  string  `json:"failed,omitempty" doc:"why it did not answer, or what went wrong"`
	Skew    float64 `json:"skew_s" doc:"its clock minus that of this office, in seconds, to half of took_s"`
	Took    float64 `json:"took_s" doc:"seconds for a question and its answer"`
	In      int64   `json:"in" doc:"bytes that came since this process began"`
	Out     int64   `json:"out"`
	InRate  float64 `json:"in_rate" doc:"bytes a second, lately"`
	OutRate float64 `json:"out_rate"`

	Seen     int64       `json:"seen" doc:"entries in the largest checkpoint that was seen: it continues every one before it"`
	Held     int64       `json:"held" doc:"entries of the checkpoint that is on disk here, all proved by its root"`
	Root     string      `json:"root,omitempty" doc:"of it"`
	Complete int64       `json:"complete" doc:"entries before it are here with all payloads that are given to this office"`
	Lag      int64       `json:"lag" doc:"entries that were seen and are not complete here"`
	LagFor   float64     `json:"lag_s" doc:"seconds since the newest checkpoint came, while entries of it are missing; 0: none are"`
	Made     string      `json:"made,omitempty" doc:"when the newest entry that is held was made, by its author's clock"`
	Withheld int         `json:"withheld" doc:"payloads that it keeps to itself"`
	Ahead    []int64     `json:"ahead,omitempty" doc:"places of hotline messages that came before their turn, each with its proof"`
	Queue    []PeerQueue `json:"queue" doc:"what is known to be missing, the most urgent first"`

	OfUs    int64  `json:"of_us" doc:"entries of this office that it holds on disk, as it has cosigned; 0: none that it has said"`
	OfUsLag int64  `json:"of_us_lag" doc:"entries of the last checkpoint of this office that it is not known to hold"`
	OfUsAt  string `json:"of_us_at,omitempty" doc:"when it signed that, by its clock"`

	Alarms     []PeerAlarm     `json:"alarms" doc:"what somebody has to look at, newest last"`
	Stopped    string          `json:"stopped,omitempty" doc:"why nothing more of it is taken"`
	Revocation *PeerRevocation `json:"revocation,omitempty" doc:"its key was revoked: what it signs later is kept and counts for nobody"`
}

// PeerQueue is how much of one kind is missing.
type PeerQueue struct {
	What  string `json:"what" doc:"hotline, procedure, entries, reports, small files, files"`
	Count int64  `json:"count"`
}

// PeerAlarm is something that somebody has to look at.
type PeerAlarm struct {
	At    string `json:"at"`
	What  string `json:"what" doc:"fork, rollback or damage"`
	Index int64  `json:"index" doc:"first entry that it touches; -1: none"`
	Says  string `json:"says"`
	Proof string `json:"proof,omitempty" doc:"file beside the copy, for truce verify"`
}

// PeerRevocation says from where on an office's entries do not count.
type PeerRevocation struct {
	Size   int64  `json:"size"`
	By     string `json:"by"`
	Entry  string `json:"entry"`
	Reason string `json:"reason"`
}

const (
	// silentAfter is how long an office may not answer before that is said.
	silentAfter = 2 * time.Minute
	// skewSaid is from which difference of clocks on it is said.
	skewSaid = 5 * time.Second
)

func (s *Server) peers() {
	register(s, "/api/peers", "The other offices: how far each is held here, what is missing, how its clock differs, what it holds of this one, and every alarm", func(ctx context.Context, q *struct {
		Have have `header:"If-None-Match" doc:"ETag of an answer that the client has"`
	}) (*typed[PeerList], error) {
		// for those who may read the watch log: they have to look at what is wrong
		if err := s.allow(ctx, "read", Object{Thing: "notice", Marking: rights.ForMission}); err != nil {
			return nil, err
		}
		l := &PeerList{Now: s.o.Now().UTC().Format(time.RFC3339), Offices: []PeerState{}}
		err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) error { l.Vector = snap.Vector(); return nil })
		if err != nil {
			return nil, failure(err)
		}
		if s.o.Peers != nil {
			size := s.o.Log.Reader().Size()
			for _, p := range s.o.Peers.Status() {
				l.Offices = append(l.Offices, PeerStateOf(p, size, s.o.Now()))
			}
		}
		return answer(ctx, l.Vector, l, q.Have, l), nil
	})
}

// stamped is a time as answers have it; "" where it is none.
func stamped(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// PeerStateOf says how an office is followed; size is that of the own log.
func PeerStateOf(p mirror.Status, size int64, now time.Time) PeerState {
	x := PeerState{
		Origin: p.Origin, Key: p.Key, URL: p.URL, Headquarters: p.Headquarters, May: string(p.May), States: []string{},
		Contact: stamped(p.Contact), Silent: -1, Tried: stamped(p.Tried), Failed: p.Failed, Skew: p.Skew.Seconds(), Took: p.Took.Seconds(), In: p.In, Out: p.Out, InRate: p.Rate[0], OutRate: p.Rate[1],
		Seen: p.Seen, Held: p.Held, Root: p.Root, Complete: p.Complete, Lag: max(p.Seen-p.Complete, 0), Made: stamped(p.Made), Withheld: p.Withheld, Ahead: p.Ahead, Queue: []PeerQueue{},
		OfUs: p.OfUs, OfUsLag: max(size-p.OfUs, 0), OfUsAt: stamped(p.OfUsAt), Alarms: []PeerAlarm{}, Stopped: p.Stopped,
	}
	if !p.Contact.IsZero() {
		x.Silent = now.Sub(p.Contact).Seconds()
	}
	if x.Lag > 0 && !p.SeenAt.IsZero() {
		x.LagFor = now.Sub(p.SeenAt).Seconds()
	}
	for _, q := range p.Queue {
		x.Queue = append(x.Queue, PeerQueue{q.Rank, q.Count})
	}
	for _, a := range p.Alarms {
		x.Alarms = append(x.Alarms, PeerAlarm{stamped(a.At), a.What, a.Index, a.Says, a.Proof})
	}
	if r := p.Revoked; r != nil {
		x.Revocation = &PeerRevocation{r.Size, r.By, r.Entry, r.Reason}
	}
	x.say(p)
	return x
}

// say names what has to be said first, the worst before the rest.
func (x *PeerState) say(p mirror.Status) {
	say := func(is bool, what string) {
		if is {
			x.States = append(x.States, what)
		}
	}
	alarm := func(what string) bool {
		for _, a := range p.Alarms {
			if a.What == what {
				return true
			}
		}
		return false
	}
	queued := func(part string) bool {
		for _, q := range p.Queue {
			if strings.HasSuffix(q.Rank, part) {
				return true
			}
		}
		return false
	}
	say(alarm(mirror.AlarmFork), "forked")
	say(alarm(mirror.AlarmRollback), "rolled-back")
	say(alarm(mirror.AlarmDamage), "damaged")
	say(p.Revoked != nil, "revoked")
	say(p.Contact.IsZero(), "never-reached")
	say(x.Silent > silentAfter.Seconds(), "silent")
	say(p.Held < p.Seen, "behind")
	say(p.Complete < p.Held, "payloads-missing")
	say(queued("files"), "files-missing")
	say(p.Skew.Abs() > skewSaid, "clock-differs")
}

// peerMetrics are numbers about other offices, for Prometheus.
func (s *Server) peerMetrics() string {
	if s.o.Peers == nil {
		return ""
	}
	var b strings.Builder
	now, size := s.o.Now(), s.o.Log.Reader().Size()
	var all []PeerState
	for _, p := range s.o.Peers.Status() {
		all = append(all, PeerStateOf(p, size, now))
	}
	one := func(name, help string, v func(PeerState) any) {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
		for _, x := range all {
			fmt.Fprintf(&b, "%s{office=%q} %v\n", name, x.Origin, v(x))
		}
	}
	one("truce_peer_seen", "Entries in the largest checkpoint of an office that was seen.", func(x PeerState) any { return x.Seen })
	one("truce_peer_complete", "Entries of an office that are here with their payloads.", func(x PeerState) any { return x.Complete })
	one("truce_peer_silent_seconds", "Since an office answered; -1: it never did.", func(x PeerState) any { return x.Silent })
	one("truce_peer_skew_seconds", "The clock of an office minus ours.", func(x PeerState) any { return x.Skew })
	one("truce_peer_alarms", "Alarms about an office.", func(x PeerState) any { return len(x.Alarms) })
	one("truce_peer_of_us", "Entries of our log that an office holds.", func(x PeerState) any { return x.OfUs })
	return b.String()
}

// Source is what views are made of: the own log, or with it those of others.
type Source func() views.Source

// source is the own log where nothing else is given.
func (o Options) source() func() views.Source {
	if o.Source != nil {
		return o.Source
	}
	return func() views.Source { return o.Log.Reader() }
}

// files are those of all entries that are here.
func (s *Server) files() views.Blobs {
	if s.o.Files != nil {
		return s.o.Files
	}
	return s.o.Log.Blobs()
}

// foreign finds an entry of another office's log, as the views have it; nil where
// there is none.
func (s *Server) foreign(id string) (*views.Doc, error) {
	if s.o.Source == nil {
		return nil, nil
	}
	var d *views.Doc
	err := s.o.Views.Read(views.Now, func(snap *views.Snapshot) (err error) {
		d, err = snap.Store().Doc(id)
		return err
	})
	if err != nil || d == nil || d.Office == "" {
		return nil, err
	}
	return d, nil
}

// proofOf is the proof of an entry in the log of another office.
func (s *Server) proofOf(d *views.Doc) ([]byte, error) {
	if s.o.Peers == nil || d.Place == nil {
		return nil, nowhere(d.ID)
	}
	r := s.o.Peers.Reader(d.Office)
	if r == nil {
		return nil, nowhere(d.ID)
	}
	return r.Proof(*d.Place)
}

func (s *Server) foreignProof(id string) (*listed, error) {
	d, err := s.foreign(id)
	if err != nil {
		return nil, failure(err)
	}
	if d == nil {
		return nil, nowhere(id)
	}
	b, err := s.proofOf(d)
	if err != nil {
		return nil, failure(err)
	}
	return &listed{Status: http.StatusOK, Cache: "no-cache", ContentType: "text/plain; charset=utf-8", Disposition: `attachment; filename="` + id + `.tlog-proof"`, Body: b}, nil
}
