package notify

import (
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/rights"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Config says who is told what (docs/feeds-and-alerts.md).
type Config struct {
	Mail     *Mail     `yaml:"mail"`
	Webhooks []Webhook `yaml:"webhooks"`
	Alerts   []Alert   `yaml:"alerts"`
	Digests  []Digest  `yaml:"digests"`
}

// Mail is the server that takes mail from here.
type Mail struct {
	Server   string       `yaml:"server"` // HOST:PORT
	From     string       `yaml:"from"`
	TLS      string       `yaml:"tls"` // starttls, where absent; tls; none, on this machine only
	User     string       `yaml:"user"`
	Password fetch.Secret `yaml:"password"`
	CA       string       `yaml:"ca"`      // a file of certificates, beside those of the machine
	Domains  []string     `yaml:"domains"` // whose addresses people may have mail sent to; any, where absent
}

// Sees says as whom somebody is told: by the table of rights.
type Sees struct {
	Role  string `yaml:"role"` // public, where absent
	Party string `yaml:"party"`

	account string // of a subscription
	own     bool   // of a subscription: what its owner may not take away is not told
}

// Webhook is an address that is told.
type Webhook struct {
	Name     string       `yaml:"name"`
	URL      string       `yaml:"url"`
	Secret   fetch.Secret `yaml:"secret"` // HMAC-SHA256; without, the office's key signs (Ed25519)
	Events   []string     `yaml:"events"` // finding, entry; where absent finding
	Sees     Sees         `yaml:"sees"`
	Attempts int          `yaml:"attempts"` // 14, where absent: about two days
	Accounts []string     `yaml:"accounts"` // that may have themselves told by it
}

// Alert is a rule: findings that are told as soon as they are there.
type Alert struct {
	Name    string   `yaml:"name"`
	When    When     `yaml:"when"`
	Mail    []string `yaml:"mail"`
	Webhook []string `yaml:"webhook"` // names
	Sees    Sees     `yaml:"sees"`    // of mail
}

// When says which findings; what is absent asks nothing.
type When struct {
	Verdict []string `yaml:"verdict"`
	Terms   []string `yaml:"terms"`
	Reading []string `yaml:"reading"`
	Clause  []string `yaml:"clause"`
	Act     []string `yaml:"act"` // nodes of the trees, with all below
	Target  []string `yaml:"target"`
	Means   []string `yaml:"means"`
	Level   string   `yaml:"level"` // at least
	Within  *Within  `yaml:"within"`

	level evidence.Level
	zone  *where.Zone
}

// Within is a place: a box, a distance from a point, or a file of GeoJSON.
type Within struct {
	Box     string `yaml:"box"`  // west,south,east,north
	Near    string `yaml:"near"` // latitude,longitude
	M       int64  `yaml:"metres"`
	GeoJSON string `yaml:"geojson"`
	Sure    bool   `yaml:"sure"` // only what lies in it for certain; else what may lie in it too
}

// Digest is a summary that is sent once a day.
type Digest struct {
	Name    string   `yaml:"name"`
	At      string   `yaml:"at"`   // 06:00
	Zone    string   `yaml:"zone"` // UTC, where absent
	Mail    []string `yaml:"mail"`
	Webhook []string `yaml:"webhook"`
	Sees    Sees     `yaml:"sees"`

	hour, minute int
	zone         *time.Location
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// checker collects what is wrong.
type checker struct {
	*Config
	dir    string
	faults []string
	known  map[string]bool
}

func (c *checker) say(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// Check fills in what is absent, reads zones, and names all that is wrong.
func (c *Config) Check(dir string, g *fetch.Guard) []string {
	k := &checker{Config: c, dir: dir, known: map[string]bool{}}
	for i := range c.Webhooks {
		k.webhook(i, g)
	}
	if c.Mail != nil {
		k.mail()
	}
	for i := range c.Alerts {
		k.alert(&c.Alerts[i], fmt.Sprintf("alerts[%d] %s", i, c.Alerts[i].Name))
	}
	for i := range c.Digests {
		k.digest(&c.Digests[i], fmt.Sprintf("digests[%d] %s", i, c.Digests[i].Name))
	}
	return k.faults
}

func (c *checker) name(at, kind, name string) {
	if !nameForm.MatchString(name) || c.known[kind+name] {
		c.say("%s: expected a name of its own: small letters, digits and hyphens", at)
	}
	c.known[kind+name] = true
}

func (c *checker) webhook(i int, g *fetch.Guard) {
	w := &c.Webhooks[i]
	at := fmt.Sprintf("webhooks[%d] %s", i, w.Name)
	c.name(at, "webhook ", w.Name)
	if _, err := g.URL(w.URL); err != nil {
		c.say("%s: url: %v", at, err)
	}
	if err := w.Secret.Check(); w.Secret != "" && err != nil {
		c.say("%s: secret: %v", at, err)
	}
	if len(w.Events) == 0 {
		w.Events = []string{"finding"}
	}
	for _, e := range w.Events {
		if e != "finding" && e != "entry" {
			c.say("%s: events: %q: expected finding or entry", at, e)
		}
	}
	if w.Attempts == 0 {
		w.Attempts = 14
	}
	c.sees(at, &w.Sees)
}

func (c *checker) sees(at string, s *Sees) {
	if s.Role == "" {
		s.Role = rights.Public
	}
	if s.Role != rights.Public && !slices.Contains(rights.Roles(), s.Role) {
		c.say("%s: sees: role: %q: expected public or one of %s", at, s.Role, strings.Join(rights.Roles(), ", "))
	}
	if (s.Role == rights.Delegate) != (s.Party != "") {
		c.say("%s: sees: a delegate has a party, and nobody else", at)
	}
}

func (c *checker) mail() {
	m := c.Config.Mail
	host, _, ok := strings.Cut(m.Server, ":")
	if !ok || host == "" {
		c.say("mail: server: expected HOST:PORT")
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		c.say("mail: from: expected an address such as truce <truce@example.org>")
	}
	for i, d := range m.Domains {
		if m.Domains[i] = strings.ToLower(d); strings.ContainsAny(d, "@ /") || d == "" {
			c.say("mail: domains: %q: expected a name such as example.org", d)
		}
	}
	if m.TLS == "" {
		m.TLS = "starttls"
	}
	switch {
	case m.TLS != "starttls" && m.TLS != "tls" && m.TLS != "none":
		c.say("mail: tls: expected starttls, tls or none")
	case m.TLS == "none" && host != "localhost" && host != "127.0.0.1":
		c.say("mail: tls: none is for a server on this machine only: mail may hold what is not public")
	case m.TLS == "none" && m.User != "":
		c.say("mail: a password is not sent without TLS")
	}
	if err := m.Password.Check(); m.User != "" && err != nil {
		c.say("mail: password: %v", err)
	}
}

// told checks to whom something goes.
func (c *checker) told(at string, mails, hooks []string) {
	if len(mails)+len(hooks) == 0 {
		c.say("%s: expected mail or webhook: nobody is told", at)
	}
	if len(mails) > 0 && c.Config.Mail == nil {
		c.say("%s: mail needs a server: expected mail: {server: ..., from: ...}", at)
	}
	for _, m := range mails {
		if _, err := mail.ParseAddress(m); err != nil {
			c.say("%s: mail: %q is no address", at, m)
		}
	}
	for _, h := range hooks {
		if !slices.ContainsFunc(c.Webhooks, func(w Webhook) bool { return w.Name == h }) {
			c.say("%s: webhook: there is no webhook %q", at, h)
		}
	}
}

// verdicts are those that a finding may have.
var verdicts = []string{"breach", "permitted", "undetermined", "not-covered", "not-in-force"}

func (c *checker) alert(a *Alert, at string) {
	c.name(at, "alert ", a.Name)
	c.told(at, a.Mail, a.Webhook)
	c.sees(at, &a.Sees)
	w := &a.When
	for _, v := range w.Verdict {
		if !slices.Contains(verdicts, v) {
			c.say("%s: when: verdict: %q: expected one of %s", at, v, strings.Join(verdicts, ", "))
		}
	}
	if w.Level != "" {
		l, err := evidence.ParseLevel(w.Level)
		if err != nil {
			c.say("%s: when: level: %v", at, err)
		}
		w.level = l
	}
	if w.Within != nil {
		var err error
		if w.zone, err = w.Within.read(c.dir); err != nil {
			c.say("%s: when: within: %v", at, err)
		}
	}
}

// read makes the zone.
func (w *Within) read(dir string) (*where.Zone, error) {
	n := 0
	for _, s := range []string{w.Box, w.Near, w.GeoJSON} {
		if s != "" {
			n++
		}
	}
	if n != 1 {
		return nil, fmt.Errorf("expected one of box, near and geojson")
	}
	switch {
	case w.Near != "":
		var p where.Point
		if k, err := fmt.Sscanf(strings.ReplaceAll(w.Near, " ", ""), "%f,%f", &p.Lat, &p.Lon); k != 2 || err != nil || p.Valid() != nil || w.M < 1 || w.M > 5_000_000 {
			return nil, fmt.Errorf("near: expected latitude,longitude, and metres from 1 to 5000000")
		}
		return where.NearSites("alert", []where.Point{p}, where.Metres(w.M)), nil
	case w.Box != "":
		var west, south, east, north float64
		if k, err := fmt.Sscanf(strings.ReplaceAll(w.Box, " ", ""), "%f,%f,%f,%f", &west, &south, &east, &north); k != 4 || err != nil || west >= east || south >= north {
			return nil, fmt.Errorf("box: expected west,south,east,north with west below east")
		}
		ring := where.Ring{{Lat: south, Lon: west}, {Lat: south, Lon: east}, {Lat: north, Lon: east}, {Lat: north, Lon: west}, {Lat: south, Lon: west}}
		return where.PolygonZone("alert", where.MultiPolygon{{ring}})
	}
	name := w.GeoJSON
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	mp, _, _, err := where.ParseGeoJSON(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.GeoJSON, err)
	}
	return where.PolygonZone("alert", mp)
}

func (c *checker) digest(d *Digest, at string) {
	c.name(at, "digest ", d.Name)
	c.told(at, d.Mail, d.Webhook)
	c.sees(at, &d.Sees)
	t, err := time.Parse("15:04", d.At)
	if err != nil {
		c.say("%s: at: expected a time of day such as 06:00", at)
	}
	d.hour, d.minute = t.Hour(), t.Minute()
	if d.Zone == "" {
		d.Zone = "UTC"
	}
	if d.zone, err = when.Zone(d.Zone); err != nil {
		c.say("%s: zone: %q: expected the name of a time zone such as Europe/Kyiv", at, d.Zone)
	}
}
