package background

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"github.com/truce-project/truce/internal/fetch"
	"github.com/truce-project/truce/internal/inbox"
	"github.com/truce-project/truce/internal/notify"
	"github.com/truce-project/truce/internal/stamp"
)

// Config is what the operator has set up.
type Config struct {
	Network      Network `yaml:"network"`
	inbox.Config `yaml:",inline"`
	Tell         notify.Config `yaml:",inline"`
	Timestamps   *stamp.Config `yaml:"timestamps"`
	SignIn       *SignIn       `yaml:"sign-in"`
}

// Network says which hosts may be asked besides public ones.
type Network struct {
	Allow []string `yaml:"allow"`
}

// mostConfig bounds the file, in bytes.
const mostConfig = 1 << 20

// Load reads the configuration, and names all that is wrong with it.
func Load(name, dir string) (*Config, *fetch.Guard, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	if len(src) > mostConfig {
		return nil, nil, fmt.Errorf("%s: longer than %d bytes", name, mostConfig)
	}
	c := &Config{}
	if err := decode(src, c); err != nil && !errors.Is(err, io.EOF) { // EOF: there is nothing in it
		return nil, nil, fmt.Errorf("%s: %s", name, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	g, err := fetch.NewGuard(c.Network.Allow)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: network: allow: %w", name, err)
	}
	faults := append(c.Config.Check(g), c.Tell.Check(dir, g)...)
	if c.Timestamps != nil {
		faults = append(faults, c.Timestamps.Check(dir, g)...)
	}
	if c.SignIn != nil {
		faults = append(faults, c.SignIn.Check()...)
	}
	if len(faults) == 0 {
		return c, g, nil
	}
	var errs []error
	for _, f := range faults {
		errs = append(errs, fmt.Errorf("%s:%s %s", name, line(src, f), f))
	}
	return nil, nil, errors.Join(errs...)
}

// decode reads YAML. The library fails on some nonsense instead of saying so.
func decode(src []byte, c *Config) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it is no YAML that can be read (%v)", p)
		}
	}()
	return yaml.NewDecoder(bytes.NewReader(src), yaml.DisallowUnknownField()).Decode(c)
}

// line finds the line of a fault that begins with where it is, such as feeds[2].
func line(src []byte, fault string) string {
	at, _, _ := strings.Cut(fault, ":")
	at, _, _ = strings.Cut(at, " ")
	p, err := yaml.PathString("$." + at)
	if err != nil {
		return ""
	}
	f, err := parser.ParseBytes(src, 0)
	if err != nil {
		return ""
	}
	n, err := p.FilterFile(f)
	if err != nil || n.GetToken() == nil {
		return ""
	}
	return fmt.Sprintf("%d:", n.GetToken().Position.Line)
}
