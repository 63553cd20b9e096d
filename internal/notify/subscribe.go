package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/when"
)

// Subscribers are people who want to be told, with what each may see at the time.
type Subscribers interface {
	// All are those that may be told of something; from the record on it is new to each.
	All(ctx context.Context) ([]Subscription, error)
	// One is a subscription as it stands now; false: nothing is told by it any more.
	One(ctx context.Context, id string) (Subscription, bool, error)
}

// Subscription is what one of them asks for.
type Subscription struct {
	ID, Name, Owner string
	Rule            []byte // a Rule, as JSON
	Mail, Webhook   string // where to: one of the two
	Waiting         bool   // the address is not confirmed: nothing but the question goes there
	Since           int64  // entries before it are not told
	Who             rights.Who
	Confirm, Stop   string // addresses that stand in mails
}

// Rule is what somebody asks to be told of: findings as soon as they are there, or
// once a day how things stand. What is absent asks nothing.
type Rule struct {
	Verdict []string `json:"verdict,omitempty" doc:"any of: breach, permitted, undetermined, not-covered, not-in-force"`
	Terms   []string `json:"terms,omitempty" doc:"ids of texts"`
	Reading []string `json:"reading,omitempty"`
	Clause  []string `json:"clause,omitempty"`
	Act     []string `json:"act,omitempty" doc:"nodes of the trees, with all below"`
	Target  []string `json:"target,omitempty"`
	Means   []string `json:"means,omitempty"`
	Level   string   `json:"level,omitempty" doc:"at least"`
	Within  *Place   `json:"within,omitempty"`
	At      string   `json:"at,omitempty" doc:"of a digest: time of day, such as 06:00"`
	Zone    string   `json:"zone,omitempty" doc:"of a digest: time zone such as Europe/Kyiv; UTC, where absent"`
}

// Place is where, by a box or a distance from a point.
type Place struct {
	Box    string `json:"box,omitempty" doc:"west,south,east,north"`
	Near   string `json:"near,omitempty" doc:"latitude,longitude"`
	Metres int64  `json:"metres,omitempty" doc:"from near"`
	Sure   bool   `json:"sure,omitempty" doc:"only what lies in it for certain; else what may lie in it too"`
}

// Fault is what is wrong with a rule, and where.
type Fault struct{ Where, Why string }

const (
	// Alerts and Digests are the sorts of subscription.
	AlertSort  = "alert"
	DigestSort = "digest"
)

// mostValues bounds the list of a rule.
const mostValues = 50

// Check names all that is wrong with a rule of a sort.
func (r *Rule) Check(sort string) (faults []Fault) {
	say := func(at, format string, args ...any) {
		faults = append(faults, Fault{at, fmt.Sprintf(format, args...)})
	}
	for name, list := range r.lists() {
		if len(list) > mostValues {
			say(name, "expected at most %d", mostValues)
		}
		if sort == DigestSort && len(list) > 0 {
			say(name, "a digest is of all that its reader may see: leave it out")
		}
	}
	for _, v := range r.Verdict {
		if !slices.Contains(verdicts, v) {
			say("verdict", "%q: expected one of %s", v, strings.Join(verdicts, ", "))
		}
	}
	if sort == DigestSort {
		if r.Level != "" || r.Within != nil {
			say("level", "a digest is of all that its reader may see: leave level and within out")
		}
		if _, err := r.digest("", nil, nil); err != nil {
			say("at", "%v", err)
		}
		return faults
	}
	if r.At != "" || r.Zone != "" {
		say("at", "an alert is told at once: at and zone are of digests")
	}
	if _, err := r.when(); err != nil {
		say("within", "%v", err)
	}
	return faults
}

func (r *Rule) lists() map[string][]string {
	return map[string][]string{"verdict": r.Verdict, "terms": r.Terms, "reading": r.Reading, "clause": r.Clause, "act": r.Act, "target": r.Target, "means": r.Means}
}

// when is the rule of an alert.
func (r *Rule) when() (w When, err error) {
	w = When{Verdict: r.Verdict, Terms: r.Terms, Reading: r.Reading, Clause: r.Clause, Act: r.Act, Target: r.Target, Means: r.Means, Level: r.Level}
	if r.Level != "" {
		if w.level, err = evidence.ParseLevel(r.Level); err != nil {
			return w, fmt.Errorf("level: %w", err)
		}
	}
	if r.Within != nil { // never a file of the machine
		w.Within = &Within{Box: r.Within.Box, Near: r.Within.Near, M: r.Within.Metres, Sure: r.Within.Sure}
		if w.zone, err = w.Within.read(""); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (r *Rule) digest(name string, mails, hooks []string) (*Digest, error) {
	d := &Digest{Name: name, At: r.At, Zone: r.Zone, Mail: mails, Webhook: hooks}
	t, err := time.Parse("15:04", d.At)
	if err != nil {
		return nil, fmt.Errorf("expected a time of day such as 06:00")
	}
	d.hour, d.minute = t.Hour(), t.Minute()
	if d.Zone == "" {
		d.Zone = "UTC"
	}
	if d.zone, err = when.Zone(d.Zone); err != nil {
		return nil, fmt.Errorf("zone: %q: expected the name of a time zone such as Europe/Kyiv", d.Zone)
	}
	return d, nil
}

// CheckName says what is wrong with what somebody calls a subscription.
func CheckName(s string) error {
	if n := utf8.RuneCountInString(s); n < 1 || n > 60 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return fmt.Errorf("expected a name of 1 to 60 characters, such as: power plants")
	}
	return nil
}

// CheckMail says whether people may have mail sent to an address, and gives it as it
// is kept.
func (n *Notifier) CheckMail(s string) (string, error) {
	m := n.o.Config.Mail
	if m == nil {
		return "", fmt.Errorf("this server sends no mail: whoever keeps the machine sets up mail in serve.yaml (docs/feeds-and-alerts.md)")
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || len(a.Address) > 254 || strings.ContainsFunc(a.Address, func(r rune) bool { return r > 126 || r <= ' ' }) {
		return "", fmt.Errorf("expected an address such as anna@example.org")
	}
	_, domain, _ := strings.Cut(a.Address, "@")
	domain = strings.ToLower(domain)
	if len(m.Domains) > 0 && !slices.Contains(m.Domains, domain) {
		return "", fmt.Errorf("mail goes to addresses of %s only, as whoever keeps the machine has set up", strings.Join(m.Domains, ", "))
	}
	return a.Address, nil
}

// MayHook reports whether an account may be told by a webhook: whoever keeps the
// machine names accounts beside it.
func (n *Notifier) MayHook(webhook, account string) bool {
	w := n.hook(webhook)
	return w != nil && slices.Contains(w.Accounts, account)
}

// HooksOf are the webhooks by which an account may be told.
func (n *Notifier) HooksOf(account string) []string {
	out := []string{}
	for _, w := range n.o.Config.Webhooks {
		if slices.Contains(w.Accounts, account) {
			out = append(out, w.Name)
		}
	}
	return out
}

// AskAddress sends the mail that asks whether an address is its owner's.
func (n *Notifier) AskAddress(ctx context.Context, id, address string) error {
	return n.o.Queue.Add(ctx, n.messages(task{Event: "confirm", Rule: id}, []string{address}, nil)...)
}

// isSubscription tells ids from the names of a configuration.
func isSubscription(name string) bool { return strings.HasPrefix(name, "S-") }

// subscription is one as it stands now; nil: nothing is told by it.
func (n *Notifier) subscription(ctx context.Context, id string) (*Subscription, error) {
	if n.o.Subscribers == nil || !isSubscription(id) {
		return nil, nil
	}
	s, ok, err := n.o.Subscribers.One(ctx, id)
	if err != nil || !ok || s.Webhook != "" && !n.MayHook(s.Webhook, s.Owner) {
		return nil, err
	}
	return &s, nil
}

func (s *Subscription) sees() Sees {
	return Sees{Role: s.Who.Role, Party: s.Who.Party, account: s.Who.Account, own: true}
}

func (s *Subscription) to() (mails, hooks []string) {
	if s.Webhook != "" {
		return nil, []string{s.Webhook}
	}
	return []string{s.Mail}, nil
}

// asked are the alerts and digests of subscriptions. One that cannot be read any more
// is said in the log, and stops none of the others.
func (n *Notifier) asked(ctx context.Context) (alerts []Alert, since map[string]int64, digests []Digest, err error) {
	if n.o.Subscribers == nil {
		return nil, nil, nil, nil
	}
	all, err := n.o.Subscribers.All(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	since = map[string]int64{}
	for i := range all {
		s := &all[i]
		if s.Waiting || s.Webhook != "" && !n.MayHook(s.Webhook, s.Owner) {
			continue
		}
		r, err := ReadRule(s.Rule)
		mails, hooks := s.to()
		switch {
		case err != nil:
		case r.At != "":
			var d *Digest
			if d, err = r.digest(s.ID, mails, hooks); err == nil {
				d.Sees = s.sees()
				digests = append(digests, *d)
			}
		default:
			var w When
			if w, err = r.when(); err == nil {
				alerts, since[s.ID] = append(alerts, Alert{Name: s.ID, When: w, Mail: mails, Webhook: hooks, Sees: s.sees()}), s.Since
			}
		}
		if err != nil {
			n.o.Slog.Error("a subscription cannot be read", "subscription", s.ID, "error", err.Error())
		}
	}
	return alerts, since, digests, nil
}

// ReadRule reads a rule as it is kept.
func ReadRule(b []byte) (r Rule, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return r, d.Decode(&r)
}
