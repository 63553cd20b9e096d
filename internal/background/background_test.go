package background

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// example is the configuration of the documentation.
func example(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/feeds-and-alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "```yaml\n")
	text, _, end := strings.Cut(rest, "```")
	if !ok || !end {
		t.Fatal("docs/feeds-and-alerts.md has no example")
	}
	return text
}

func load(t *testing.T, text string) (*Config, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "serve.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := Load(name, filepath.Dir(name))
	return c, err
}

// TestExample: what the documentation shows is read, whole.
func TestExample(t *testing.T) {
	c, err := load(t, example(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Feeds) != 2 || c.Drop == nil || len(c.Hooks) != 2 || len(c.Tell.Webhooks) != 2 || len(c.Tell.Alerts) != 1 || len(c.Tell.Digests) != 1 || c.Tell.Mail == nil || c.Tell.Webhooks[1].Sees.Role != "public" {
		t.Errorf("%+v", c)
	}
	if c, err := load(t, "# nothing yet\n"); err != nil || len(c.Feeds) != 0 {
		t.Errorf("an empty file: %v %v", c, err)
	}
}

// TestFaults: each fault is named with its line, all at once.
func TestFaults(t *testing.T) {
	for _, x := range []struct {
		text string
		want []string
	}{
		{"feeds:\n  - name: a\n    url: http://169.254.169.254/x\n  - name: a\n    file: x\n    folder: y\n    every: 1ms\nhooks:\n  - {name: h, as: xml}\n", []string{"serve.yaml:2: feeds[0] a: url: refused", "serve.yaml:4: feeds[1] a: expected a name of its own", "one of url, file and folder", "every: expected", "serve.yaml:9: hooks[0] h: as: expected kobo or json", "one of token and secret"}},
		{"feed: []\n", []string{"unknown field", "feed"}},
		{"sign-in: {issuer: \"http://id.example.org\", create: true, roles: [{claim: g, is: x, role: king}, {claim: g, is: a, role: administrator}, {role: delegate}]}\n", []string{"serve.yaml:1: sign-in: issuer: expected https", "client: expected", "create: needs claim", "roles[0]: role \"king\"", "roles[1]: who keeps accounts", "roles[2]: expected claim and is", "a delegate has a party"}},
		{"sign-in: {issuer: \"https://id.example.org\", client: t, secret: hunter2, roles: [{claim: g, is: x, role: reader}]}\n", []string{"secret: expected env:NAME", "roles: are given to accounts that are made so"}},
		{"feeds:\n  - {name: a, url: \"https://u:p@example.org/\"}\n", []string{"name and password"}},
		{"network: {allow: [\"https://x\"]}\n", []string{"network: allow"}},
		{"feeds: [\n", []string{"serve.yaml"}},
		{"webhooks:\n  - {name: w, url: \"file:///etc/passwd\"}\n", []string{"webhooks[0] w: url: refused"}},
	} {
		_, err := load(t, x.text)
		if err == nil {
			t.Errorf("%s: taken", x.text)
			continue
		}
		for _, w := range x.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: no %q in\n%v", x.text, w, err)
			}
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("feeds:\n  - {name: a, url: \"https://example.org/\"}\n")
	f.Add("alerts: [{name: x, when: {within: {box: \"1,1,2,2\"}}}]")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := load(t, text); (c == nil) == (err == nil) {
			t.Error("neither a configuration nor an error")
		}
	})
}
