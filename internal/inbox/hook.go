package inbox

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/office"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/record"
)

// Received is what is answered to a submission.
type Received struct {
	Entry   string   `json:"entry" doc:"id of the entry"`
	Kind    string   `json:"kind" doc:"report@1, or correction@1 of what was sent before"`
	Index   int64    `json:"index"`
	Receipt string   `json:"receipt" doc:"the office's signed promise that the entry is in its log"`
	Replay  bool     `json:"replay" doc:"it was here already: nothing was recorded anew"`
	Notes   []string `json:"notes,omitempty"`
	Ignored []string `json:"ignored,omitempty" doc:"members that are no columns"`
}

// HookError is why a submission was refused.
type HookError struct {
	Status int
	Says   []string
}

func (e *HookError) Error() string { return strings.Join(e.Says, "; ") }

func refuse(status int, format string, args ...any) error {
	return &HookError{status, []string{fmt.Sprintf(format, args...)}}
}

// message is a submission, read.
type message struct {
	id       string   // of the thing that is told
	versions []string // ids by which it was known before
	row      map[string]string
	notes    []string
	ignored  []string
}

// sent is what is remembered of a thing that was told: never its words.
type sent struct {
	Report  string    `json:"report"`  // id of the entry, once it is recorded
	Columns []string  `json:"columns"` // that it filled last
	Digest  string    `json:"digest"`  // of what was recorded last, keyed
	Last    Received  `json:"last"`    // answer to it
	Digests []earlier `json:"earlier"` // of what was recorded before
	Old     []string  `json:"old"`     // ids of versions that were replaced, keyed
	Next    *hookPlan `json:"next,omitempty"`
}

// earlier is an answer that was given, for when the same is sent again.
type earlier struct {
	Digest string   `json:"digest"`
	Answer Received `json:"answer"`
}

// hookPlan is an entry that is about to be recorded: the same again is the same
// entry. It is forgotten then, so that salts which are erased cannot be made again.
type hookPlan struct {
	Digest string    `json:"digest"`
	Made   time.Time `json:"made"`
	Seed   []byte    `json:"seed"`
}

const hookKind = "hook"

// Receive takes a submission of a hook. It is safe to send the same again.
func (x *Inbox) Receive(ctx context.Context, name string, h http.Header, body []byte) (Received, error) {
	var k *Hook
	for i := range x.o.Config.Hooks {
		if x.o.Config.Hooks[i].Name == name {
			k = &x.o.Config.Hooks[i]
		}
	}
	if k == nil {
		return Received{}, refuse(http.StatusNotFound, "there is no such hook here")
	}
	if err := x.admit(k, h, body); err != nil {
		return Received{}, err
	}
	var m *message
	var err error
	if k.As == "kobo" {
		m, err = koboMessage(body)
	} else {
		m, err = jsonMessage(k, body)
	}
	if err != nil {
		return Received{}, refuse(http.StatusUnprocessableEntity, "nothing was recorded: %v", err)
	}
	if faults := rowFaults(m.row); len(faults) > 0 {
		return Received{}, &HookError{http.StatusUnprocessableEntity, append([]string{"nothing was recorded"}, faults...)}
	}
	x.hooking.Lock()
	defer x.hooking.Unlock()
	return x.record(ctx, k, m)
}

// rowFaults says what keeps a row from being read.
func rowFaults(row map[string]string) []string {
	in, problems, err := views.ReadRow("truce", row)
	var out []string
	for _, p := range problems {
		if p.Fatal {
			out = append(out, p.Column+": "+p.Msg)
		}
	}
	if err != nil && len(out) == 0 {
		out = append(out, err.Error())
	}
	if in == nil && len(out) == 0 {
		out = append(out, "it is no event: expected columns such as time_start, act or target")
	}
	return out
}

// clockSkew is how old a signed message may be.
const clockSkew = 5 * time.Minute

// admit checks that the sender has the secret. Nothing is compared in a time that
// tells how much of it was right.
func (x *Inbox) admit(k *Hook, h http.Header, body []byte) error {
	bad := refuse(http.StatusUnauthorized, "the token or signature is not that of this hook")
	if k.Token != "" {
		want, err := k.Token.Read(x.o.Dir)
		if err != nil {
			x.o.Slog.Error("hook", "hook", k.Name, "error", err.Error())
			return refuse(http.StatusServiceUnavailable, "this hook has no secret to check by; the operator is told")
		}
		a, b := sha256.Sum256([]byte(h.Get("X-Truce-Token"))), sha256.Sum256([]byte(want))
		if subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
			return bad
		}
		return nil
	}
	secret, err := k.Secret.Read(x.o.Dir)
	if err != nil {
		x.o.Slog.Error("hook", "hook", k.Name, "error", err.Error())
		return refuse(http.StatusServiceUnavailable, "this hook has no secret to check by; the operator is told")
	}
	if hub, ok := strings.CutPrefix(h.Get("X-Hub-Signature-256"), "sha256="); ok {
		got, err := hex.DecodeString(hub)
		if err != nil || !hmac.Equal(got, mac([]byte(secret), body)) {
			return bad
		}
		return nil
	}
	return x.standard(h, secret, body, bad)
}

// standard checks a signature of the form that Standard Webhooks has.
func (x *Inbox) standard(h http.Header, secret string, body []byte, bad error) error {
	id, at := h.Get("Webhook-Id"), h.Get("Webhook-Timestamp")
	sec, err := strconv.ParseInt(at, 10, 64)
	if id == "" || err != nil {
		return bad
	}
	key, err := StandardKey(secret)
	if err != nil {
		return bad
	}
	want := mac(key, []byte(id+"."+at+"."), body)
	ok := false
	for _, s := range strings.Fields(h.Get("Webhook-Signature")) {
		v, sig, _ := strings.Cut(s, ",")
		got, err := base64.StdEncoding.DecodeString(sig)
		ok = ok || v == "v1" && err == nil && hmac.Equal(got, want)
	}
	if !ok {
		return bad
	}
	if d := x.o.Now().Sub(time.Unix(sec, 0)); d > clockSkew || d < -clockSkew {
		return refuse(http.StatusUnauthorized, "the message was signed more than %s from now: it is sent again, or a clock is wrong", clockSkew)
	}
	return nil
}

// StandardKey is the key of a secret as Standard Webhooks writes it: whsec_ and
// base64; what is not written so is the key itself.
func StandardKey(secret string) ([]byte, error) {
	if rest, ok := strings.CutPrefix(secret, "whsec_"); ok {
		return base64.StdEncoding.DecodeString(rest)
	}
	return []byte(secret), nil
}

func mac(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

// record writes a message as a report, or as a correction of the one before.
func (x *Inbox) record(ctx context.Context, k *Hook, m *message) (Received, error) {
	key, s, err := x.known(ctx, k, m)
	if err != nil {
		return Received{}, err
	}
	account := "hook:" + k.Name
	row := m.row
	digest := hex.EncodeToString(mac(x.secret, []byte(k.Name), []byte{0}, flat(row)))
	if digest == s.Digest {
		r := s.Last
		r.Replay = true
		return r, x.alias(ctx, k, m, key)
	}
	if slices.Contains(s.Old, x.keyed(k, m.id)) {
		for _, e := range s.Digests {
			if e.Digest == digest {
				e.Answer.Replay = true
				return e.Answer, nil
			}
		}
		r := s.Last
		r.Replay, r.Notes = true, []string{"this is an earlier version of what is recorded already: nothing was recorded"}
		return r, nil
	}
	if s.Next == nil || s.Next.Digest != digest {
		s.Next = &hookPlan{Digest: digest, Made: x.o.Now().UTC().Truncate(time.Millisecond), Seed: make([]byte, 32)}
		if _, err := rand.Read(s.Next.Seed); err != nil {
			return Received{}, err
		}
		if err := x.o.Store.Put(ctx, hookKind, key, s); err != nil {
			return Received{}, err
		}
	}
	d := office.Draft{Kind: "report@1", Made: s.Next.Made, Seed: s.Next.Seed,
		Payload: map[string]any{"format": "truce", "row": row, "source": source(k), "note": strings.Join(m.notes, "; "), "marking": k.Marking, "account": account}}
	if s.Report != "" {
		d.Kind, d.Refs = "correction@1", []record.Ref{{Relation: record.Supersedes, ID: s.Report}}
		d.Payload = map[string]any{"reason": "the sender sent it anew: " + strings.Join(append([]string{"hook " + k.Name}, m.notes...), "; "), "facts": facts(s.Columns, row), "marking": k.Marking, "account": account}
	}
	e, ack, err := x.o.Office.Write(ctx, d)
	if err != nil {
		return Received{}, err
	}
	r := Received{Entry: e.ID, Kind: d.Kind, Index: ack.Index, Receipt: string(ack.Signed), Notes: m.notes, Ignored: m.ignored}
	if s.Report == "" {
		s.Report = e.ID
	} else {
		s.Digests = append(s.Digests, earlier{s.Digest, s.Last})
	}
	for _, v := range m.versions {
		if old := x.keyed(k, v); !slices.Contains(s.Old, old) {
			s.Old = append(s.Old, old)
		}
	}
	s.Columns, s.Digest, s.Last, s.Next = slices.Sorted(maps.Keys(row)), digest, r, nil
	s.Last.Notes, s.Last.Ignored = nil, nil // words of the submission may be in them
	if err := x.o.Store.Put(ctx, hookKind, key, s); err != nil {
		return Received{}, err
	}
	return r, x.alias(ctx, k, m, key)
}

// known finds what is remembered of the thing that a message tells of.
func (x *Inbox) known(ctx context.Context, k *Hook, m *message) (key string, s *sent, err error) {
	for _, id := range append([]string{m.id}, m.versions...) {
		key = x.keyed(k, id)
		var to string
		if ok, err := x.o.Store.Get(ctx, "alias", key, &to); err != nil {
			return "", nil, err
		} else if ok {
			key = to
		}
		s = &sent{}
		if ok, err := x.o.Store.Get(ctx, hookKind, key, s); err != nil || ok {
			return key, s, err
		}
	}
	return x.keyed(k, m.id), &sent{}, nil
}

// keyed is an id under which something is remembered: what it says cannot be
// guessed from it.
func (x *Inbox) keyed(k *Hook, id string) string {
	return k.Name + " " + hex.EncodeToString(mac(x.secret, []byte(id)))
}

// alias remembers that ids of a message's versions mean one thing.
func (x *Inbox) alias(ctx context.Context, k *Hook, m *message, key string) error {
	for _, id := range append([]string{m.id}, m.versions...) {
		a := x.keyed(k, id)
		if a == key {
			continue
		}
		if err := x.o.Store.Put(ctx, "alias", a, key); err != nil {
			return err
		}
	}
	return nil
}

// facts are what a correction states: the columns of the new row, and those that
// were filled before and are not any more, as unknown.
func facts(before []string, row map[string]string) map[string]string {
	out := maps.Clone(row)
	for _, c := range before {
		out[c] += ""
	}
	return out
}

func source(k *Hook) string {
	if k.Source != "" {
		return k.Source
	}
	return k.Name
}

// flat is a row as bytes, the same for the same columns and values.
func flat(row map[string]string) []byte {
	var b []byte
	for _, c := range slices.Sorted(maps.Keys(row)) {
		for _, s := range []string{c, row[c]} {
			b = append(strconv.AppendInt(b, int64(len(s)), 10), ':')
			b = append(b, s...)
		}
	}
	return b
}

var errNoID = errors.New("it has no id: the same sent again could not be told from another")
