package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/alexedwards/argon2id"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/people"
	"github.com/truce-project/truce/internal/views"
	"github.com/truce-project/truce/rights"
)

// world is a server on a record of its own, whose views are up to date after each
// request.
type world struct {
	t      testing.TB
	dir    string
	log    *journal.Log
	people *people.People
	views  *views.Views
	web    *Server
	http   *httptest.Server
	base   int64 // entries of the record that the world began with
	said   lines // what was written to the log of the program
}

// lines is a log that several goroutines write to.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// quick are parameters that keep tests fast; what is tested is not the cost.
var quick = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// secretOf is the token of an account in tests.
func secretOf(account string) string { return "token-of-" + account + "-0123456789abcdef" }

// accounts are those of tests: ROLE, PARTY and the scopes of the token; with no
// scopes all that there are.
var accounts = map[string][]string{
	"chair":  {"chair", ""},
	"anna":   {"duty-officer", ""},
	"borys":  {"duty-officer", ""},
	"reader": {"verifier", "", "read"},
	"check":  {"verifier", ""},
	"desk":   {"reader", ""},
	"patrol": {"reporter", ""},
	"camera": {"duty-officer", "", "submit:report"},
	"adm":    {"administrator", ""},
	"idle":   {"administrator", "", "read:settings"},
	"seer":   {"witness", ""},
	"alfa":   {"delegate", "ALFA"},
	"bravo":  {"delegate", "BRAVO"},
	"kyiv":   {"delegate", "UA"},
	"moscow": {"delegate", "RU"},
}

// allScopes are scopes for every action that a role may have.
var allScopes = slices.DeleteFunc(rights.Actions(), func(a string) bool { return a == "alter" })

// begun is a record with the accounts, made once: making it takes a while.
var begun = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "truce-web-")
	if err != nil {
		return "", err
	}
	jw := journal.RealWorld(dir)
	if err := journal.Create(jw, "example.org/north"); err != nil {
		return "", err
	}
	l, _, err := journal.Open(jw, journal.Options{Interval: -1})
	if err != nil {
		return "", err
	}
	p, err := people.Open(context.Background(), jw, l, dir, people.Options{})
	if err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(accounts)) {
		a := accounts[name]
		if _, err := p.Add(context.Background(), people.AtConsole(), people.NewAccount{Name: name, Role: a[0], Party: a[1]}); err != nil {
			return "", err
		}
		scopes := a[2:]
		if len(scopes) == 0 {
			scopes = allScopes
		}
		if err := p.Adopt(context.Background(), name, secretOf(name), "", scopes, people.MaxTokenLife); err != nil {
			return "", err
		}
	}
	return dir, errors.Join(p.Close(), l.Close())
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := begun(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func newWorld(t testing.TB, change func(*Options)) *world {
	t.Helper()
	from, err := begun()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "north")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "secret", "people.db"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dir: dir}
	jw := journal.RealWorld(dir)
	if w.log, _, err = journal.Open(jw, journal.Options{Interval: -1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.log.Close() })
	if w.people, err = people.Open(t.Context(), jw, w.log, dir, people.Options{Refuse: Problem, Hash: quick, Log: slog.New(slog.NewTextHandler(&w.said, &slog.HandlerOptions{Level: slog.LevelDebug}))}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.people.Close() })
	w.base = w.log.Size()
	store, err := views.OpenSQLite(filepath.Join(dir, "views.db"))
	if err != nil {
		t.Fatal(err)
	}
	if w.views, err = views.New(store, "example.org/north", w.log.Blobs()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.views.Close() })
	o := Options{Log: w.log, People: w.people, Views: w.views, LogDir: filepath.Join(dir, "log"), Version: "test", Rate: -1, Anonymous: -1, Slog: slog.New(slog.NewTextHandler(&w.said, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	if change != nil {
		change(&o)
	}
	w.web = New(o)
	w.http = httptest.NewServer(w.web.Handler())
	t.Cleanup(func() { w.web.events.close(); w.http.Close() })
	w.follow()
	return w
}

// follow brings checkpoint and views up to date.
func (w *world) follow() {
	w.t.Helper()
	if err := w.log.Integrate(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	if err := w.views.Update(context.Background(), w.log.Reader()); err != nil {
		w.t.Fatal(err)
	}
	w.web.events.news()
}

func (w *world) do(method, path, account, contentType string, body []byte, headers map[string]string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.http.URL+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if account != "" {
		r.Header.Set("Authorization", "Bearer "+secretOf(account))
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for k, v := range headers {
		r.Header.Set(k, v)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res, string(b)
}

// TestCases runs the conversations in testdata. Lines:
//
//	> METHOD PATH [as ACCOUNT]    a request
//	> NAME: VALUE                 a header of it
//	> @FILE                       its body is a file
//	anything else                 its body
//	< STATUS                      what must be answered
//	< NAME: TEXT                  a header that must hold this text
//	+ TEXT                        must be in the body
//	- TEXT                        must not be in it
//	= NAME REGEXP                 $NAME is what the group matches, from here on
//
// {N} is a size of the log, counted as if only its own key had been there before;
// {NAME} the id of an account.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			c := &conversation{w: newWorld(t, nil), t: t, file: f, vars: map[string]string{}}
			for i, line := range strings.Split(string(b), "\n") {
				c.line(i+1, line)
			}
			c.ask()
		})
	}
}

// begins holds the first part of a conversation, up to a mark in it.
func (w *world) begins(t *testing.T, file, upTo string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, _, found := strings.Cut(string(b), upTo)
	if !found {
		t.Fatalf("%s has no %q", file, upTo)
	}
	c := &conversation{w: w, t: t, file: file, vars: map[string]string{}}
	for i, line := range strings.Split(first, "\n") {
		c.line(i+1, line)
	}
	c.ask()
}

type conversation struct {
	w    *world
	t    *testing.T
	file string
	vars map[string]string

	at           int // line of the request that is being read
	method, path string
	account      string
	headers      map[string]string
	body         strings.Builder
	res          *http.Response
	got          string
}

var placeForm = regexp.MustCompile(`\{(\d+|[a-z]+)\}`)

var variable = regexp.MustCompile(`\$[A-Z][A-Z0-9]*`)

func (c *conversation) line(n int, line string) {
	line = variable.ReplaceAllStringFunc(line, func(v string) string {
		if x, ok := c.vars[v[1:]]; ok {
			return x
		}
		return v
	})
	if !strings.HasPrefix(line, "=") {
		line = c.places(n, line)
	}
	op, rest, _ := strings.Cut(line, " ")
	switch {
	case strings.HasPrefix(line, "#"), line == "" && c.method == "":
	case op == ">" && c.method != "" && strings.HasPrefix(rest, "@"):
		b, err := os.ReadFile(rest[1:])
		if err != nil {
			c.t.Fatalf("%s:%d: %v", c.file, n, err)
		}
		c.body.Write(b)
	case op == ">" && c.method != "" && strings.Contains(strings.SplitN(rest, " ", 2)[0], ":"):
		k, v, _ := strings.Cut(rest, ": ")
		c.headers[k] = v
	case op == ">":
		c.ask()
		f := strings.Fields(rest)
		c.at, c.method, c.path, c.headers = n, f[0], f[1], map[string]string{}
		if len(f) == 4 && f[2] == "as" {
			c.account = f[3]
		}
	case op == "<" && strings.Contains(rest, ": "):
		c.ask()
		k, v, _ := strings.Cut(rest, ": ")
		if !strings.Contains(c.res.Header.Get(k), v) {
			c.t.Errorf("%s:%d: header %s is %q, expected %q in it", c.file, n, k, c.res.Header.Get(k), v)
		}
	case op == "<":
		c.ask()
		if fmt.Sprint(c.res.StatusCode) != rest {
			c.t.Errorf("%s:%d: status %d, expected %s\n%s", c.file, n, c.res.StatusCode, rest, c.got)
		}
	case op == "+", op == "-":
		c.ask()
		if strings.Contains(c.got, rest) != (op == "+") {
			c.t.Errorf("%s:%d: %s %s\n%s", c.file, n, map[string]string{"+": "is missing:", "-": "must not be there:"}[op], rest, c.short())
		}
	case op == "=":
		c.ask()
		name, re, _ := strings.Cut(rest, " ")
		m := regexp.MustCompile(re).FindStringSubmatch(c.got)
		if len(m) != 2 {
			c.t.Fatalf("%s:%d: %s is not found\n%s", c.file, n, re, c.got)
		}
		c.vars[name] = m[1]
	case c.method != "":
		c.body.WriteString(line + "\n")
	}
}

// short is what was answered, as far as somebody reads it.
func (c *conversation) short() string { return fmt.Sprintf("%.3000s", c.got) }

// places puts sizes and ids of accounts into a line.
func (c *conversation) places(n int, line string) string {
	c.t.Helper()
	return placeForm.ReplaceAllStringFunc(line, func(v string) string {
		v = v[1 : len(v)-1]
		if a, ok := c.w.people.Directory().Account(v); ok {
			return a.ID
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			c.t.Fatalf("%s:%d: {%s} is no number and no account", c.file, n, v)
		}
		return fmt.Sprint(n - 1 + c.w.base)
	})
}

// ask sends the request that was read.
func (c *conversation) ask() {
	c.t.Helper()
	if c.method == "" {
		return
	}
	kind := ""
	if c.method == "POST" {
		kind = "application/json"
	}
	if k, ok := c.headers["Content-Type"]; ok {
		kind = k
	}
	c.res, c.got = c.w.do(c.method, c.path, c.account, kind, []byte(strings.TrimSpace(c.body.String())), c.headers)
	if c.method == "POST" {
		c.w.follow()
	}
	c.method, c.account = "", ""
	c.body.Reset()
}
