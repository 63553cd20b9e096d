package inbox

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/feeds"
	"github.com/truce-project/truce/internal/fetch"
)

// Config says what comes in (docs/feeds-and-alerts.md).
type Config struct {
	Feeds []Feed        `yaml:"feeds"`
	Drop  *Drop         `yaml:"drop"`
	Hooks []Hook        `yaml:"hooks"`
	Every time.Duration `yaml:"-"` // how often it is looked for what is due; 0 is 1 s
}

// Feed is a source that is looked at again and again: one of url, file and folder.
type Feed struct {
	Name    string                  `yaml:"name"`
	URL     string                  `yaml:"url"`
	File    string                  `yaml:"file"`
	Folder  string                  `yaml:"folder"`
	As      string                  `yaml:"as"`     // format; guessed where absent
	Source  string                  `yaml:"source"` // what its files are editions of; the name, where absent
	Licence string                  `yaml:"licence"`
	Shrinks bool                    `yaml:"shrinks"` // an edition with next to no rows is taken in too
	Every   time.Duration           `yaml:"every"`   // 1h, where absent
	Headers map[string]fetch.Secret `yaml:"headers"`
	Time    time.Duration           `yaml:"time"` // for one answer; 30s
	MB      int64                   `yaml:"mb"`   // of one answer, MiB; 64
}

// Drop is a folder into which files are put.
type Drop struct {
	Folder string        `yaml:"folder"` // drop, where absent
	As     string        `yaml:"as"`
	Quiet  time.Duration `yaml:"quiet"` // a file that has not changed for so long is complete; 2s
}

// Hook is an address that other programs send to: /api/hooks/NAME.
type Hook struct {
	Name    string            `yaml:"name"`
	As      string            `yaml:"as"`     // kobo or json
	Token   fetch.Secret      `yaml:"token"`  // in the header X-Truce-Token
	Secret  fetch.Secret      `yaml:"secret"` // the body is signed with it (HMAC-SHA256)
	ID      string            `yaml:"id"`     // json: where the id of a message stands
	Map     map[string]string `yaml:"map"`    // json: column -> where it stands, or =TEXT
	Source  string            `yaml:"source"`
	Marking string            `yaml:"marking"` // mission, where absent
}

// Look is how often it is looked for what is due.
func (c *Config) Look() time.Duration {
	if c.Every == 0 {
		return time.Second
	}
	return c.Every
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

// Check fills in what is absent, and names all that is wrong.
func (c *Config) Check(g *fetch.Guard) (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	known := map[string]bool{}
	for i := range c.Feeds {
		f := &c.Feeds[i]
		at := fmt.Sprintf("feeds[%d] %s", i, f.Name)
		if !nameForm.MatchString(f.Name) || known[f.Name] {
			say("%s: expected a name of its own: small letters, digits and hyphens", at)
		}
		known[f.Name] = true
		n := 0
		for _, x := range []string{f.URL, f.File, f.Folder} {
			if x != "" {
				n++
			}
		}
		if n != 1 {
			say("%s: expected one of url, file and folder", at)
		}
		if f.URL != "" {
			if _, err := g.URL(f.URL); err != nil {
				say("%s: url: %v", at, err)
			}
		}
		if f.As != "" && !knownFormat(f.As) {
			say("%s: as: %q is no format (docs/formats.md)", at, f.As)
		}
		if f.Every == 0 {
			f.Every = time.Hour
		}
		if f.Every < time.Second || f.Every > 31*24*time.Hour {
			say("%s: every: expected 1s to 744h", at)
		}
		if f.Source == "" {
			f.Source = f.Name
		}
		if f.MB < 0 || f.MB > 4096 || f.Time < 0 || f.Time > time.Hour {
			say("%s: expected mb up to 4096 and time up to 1h", at)
		}
		for k, s := range f.Headers {
			if err := s.Check(); err != nil {
				say("%s: headers: %s: %v", at, k, err)
			}
		}
	}
	return append(faults, c.checkRest()...)
}

func (c *Config) checkRest() (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if d := c.Drop; d != nil {
		if d.Folder == "" {
			d.Folder = "drop"
		}
		if d.Quiet == 0 {
			d.Quiet = 2 * time.Second
		}
		if d.As != "" && !knownFormat(d.As) {
			say("drop: as: %q is no format (docs/formats.md)", d.As)
		}
	}
	known := map[string]bool{}
	for i := range c.Hooks {
		h := &c.Hooks[i]
		at := fmt.Sprintf("hooks[%d] %s", i, h.Name)
		if !nameForm.MatchString(h.Name) || known[h.Name] {
			say("%s: expected a name of its own: small letters, digits and hyphens", at)
		}
		known[h.Name] = true
		if h.As != "kobo" && h.As != "json" {
			say("%s: as: expected kobo or json", at)
		}
		if h.As == "json" && (h.ID == "" || len(h.Map) == 0) {
			say("%s: expected id (where the id of a message stands) and map (column: where it stands)", at)
		}
		if (h.Token == "") == (h.Secret == "") {
			say("%s: expected one of token and secret: without, anybody could send", at)
		}
		for _, s := range []fetch.Secret{h.Token, h.Secret} {
			if err := s.Check(); s != "" && err != nil {
				say("%s: %v", at, err)
			}
		}
		if h.Marking == "" {
			h.Marking = "mission"
		}
		if !slices.Contains([]string{"public", "parties", "mission", "restricted"}, h.Marking) {
			say("%s: marking: expected public, parties, mission or restricted", at)
		}
	}
	return faults
}

func knownFormat(as string) bool {
	return slices.ContainsFunc(feeds.Kinds(), func(k string) bool { return strings.Fields(k)[0] == as })
}

// path is a name of the configuration as a name of a file.
func (x *Inbox) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(x.o.Dir, name)
}

// feed finds a feed by its name.
func (x *Inbox) feed(name string) *Feed {
	for i := range x.o.Config.Feeds {
		if x.o.Config.Feeds[i].Name == name {
			return &x.o.Config.Feeds[i]
		}
	}
	return nil
}
