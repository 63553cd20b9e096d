package drill

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/truce-project/truce/internal/badlink"
	"github.com/truce-project/truce/record"
)

// machine is one machine with a truce serve, and the link by which others reach it.
type machine struct {
	d      *Drill
	name   string // such as north
	dir    string
	origin string
	every  string // how often a checkpoint is made
	inside int    // bytes of a file system of its own; 0: none
	peer   string // address at which it answers other offices
	link   *badlink.Link
	env    []string // beside that of the drill
	flags  []string // of its own

	listen   string // for people; empty: any on this machine
	within   string // network namespace; empty: that of the drill
	patience string // how long nothing may come; empty: 3s

	cmd   *exec.Cmd
	ended chan error
	web   string
	token string

	mu  sync.Mutex
	log bytes.Buffer
}

// Write takes what the process says.
func (m *machine) Write(b []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.log.Write(b)
}

func (m *machine) said() string { m.mu.Lock(); defer m.mu.Unlock(); return m.log.String() }

// line is the last line that the process said with a text in it.
func (m *machine) line(text string) string {
	all := strings.Split(m.said(), "\n")
	for i := len(all) - 1; i >= 0; i-- {
		if strings.Contains(all[i], text) {
			return all[i]
		}
	}
	return ""
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// machine makes one that has a record of its own.
func (d *Drill) machine(name string) *machine {
	m := &machine{d: d, name: name, dir: filepath.Join(d.o.Dir, name), origin: "drill.example/" + name, every: "200ms"}
	var err error
	m.peer, err = freeAddress()
	d.must(err, "a free address")
	m.link, err = badlink.New(m.peer, d.o.Seed)
	d.must(err, "a link")
	d.links = append(d.links, m.link)
	d.machines = append(d.machines, m)
	return m
}

func (m *machine) args(more ...string) []string {
	return append([]string{"serve", "--data", m.dir, "--origin", m.origin, "--listen", cmp.Or(m.listen, "127.0.0.1:0"), "--peer-listen", m.peer, "--peer-every", "300ms", "--peer-patience", cmp.Or(m.patience, "3s"),
		"--checkpoint-every", m.every, "--witness-every", "500ms", "--rate", "-1", "--first-token"}, append(m.flags, more...)...)
}

// start starts it, and returns why it did not come up, as the process says it.
func (m *machine) start(more ...string) error {
	ready, err := m.launch(more...)
	if err != nil {
		return err
	}
	select {
	case m.web = <-ready:
	case <-m.ended:
		m.cmd = nil
		return fmt.Errorf("%s", strings.TrimSpace(lastLine(m.said())))
	case <-time.After(m.d.o.Patience):
		m.kill()
		return fmt.Errorf("%s did not come up within %s: %s", m.name, m.d.o.Patience, m.said())
	}
	if b, err := os.ReadFile(m.path("first-token")); err == nil {
		m.token = strings.TrimSpace(string(b))
	}
	return nil
}

// launch starts its process, and waits for nothing: where it answers comes by the
// channel.
func (m *machine) launch(more ...string) (<-chan string, error) {
	m.mu.Lock()
	m.log.Reset()
	m.mu.Unlock()
	name, args := m.d.o.Truce, m.args(more...)
	if m.inside > 0 { // on a small disk of its own: startInside has written how
		name, args = "unshare", append([]string{"-rm", filepath.Join(m.d.o.Dir, "inside.sh")}, args...)
	}
	if m.within != "" {
		name, args = "ip", append([]string{"netns", "exec", m.within, name}, args...)
	}
	m.cmd = exec.Command(name, args...)
	m.cmd.Stderr = m
	m.cmd.Env = append(os.Environ(), m.env...)
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := m.cmd.Start(); err != nil {
		m.cmd = nil
		return nil, err
	}
	ready := make(chan string, 1)
	m.ended = make(chan error, 1)
	go func() {
		s := bufio.NewScanner(out)
		for s.Scan() {
			if _, url, ok := strings.Cut(s.Text(), " at http://"); ok && strings.HasPrefix(s.Text(), "truce serves") {
				ready <- "http://" + url
			}
		}
		m.ended <- m.cmd.Wait()
	}()
	return ready, nil
}

// address is where other offices reach it.
func (m *machine) address() string {
	if m.within != "" || m.listen != "" {
		return m.peer
	}
	return m.link.Addr()
}

// path is a file of its record, also where only its own process sees it.
func (m *machine) path(name string) string {
	if m.inside > 0 && m.cmd != nil {
		return filepath.Join(fmt.Sprintf("/proc/%d/root", m.cmd.Process.Pid), m.dir, name)
	}
	return filepath.Join(m.dir, name)
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// kill is SIGKILL: nothing is finished.
func (m *machine) kill() {
	if m.cmd == nil {
		return
	}
	m.cmd.Process.Kill()
	<-m.ended
	m.cmd = nil
}

// stop ends it in order.
func (m *machine) stop() {
	if m.cmd == nil {
		return
	}
	m.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-m.ended:
		m.cmd = nil
	case <-time.After(m.d.o.Patience):
		m.kill()
	}
}

// truce runs a command, and returns what it printed.
func (d *Drill) truce(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(d.ctx, d.o.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.o.Truce, args...)
	cmd.Env = append(os.Environ(), "TRUCE_PASSPHRASE="+passphrase)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("truce %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return string(out), err
}

const passphrase = "five words for the drill"

// receipt is what an office answered for a report, and what the drill holds it to.
type receipt struct {
	ID, Leaf, Receipt string
	Index             int64
	office            string
}

var clientOfDrill = &http.Client{Timeout: 20 * time.Second}

// send hands one report in. A status that is no success is no receipt.
func (m *machine) send(n int, long int) (status int, err error) {
	at := time.UnixMilli(1_742_860_800_000 + int64(n)*60_000).UTC()
	text := fmt.Sprintf("report %d of %s. %s", n, m.name, strings.Repeat("x", long))
	id := record.NewID(at, [10]byte{byte(n), byte(n >> 8), byte(len(m.name)), m.name[0], m.name[len(m.name)-1]})
	body, err := json.Marshal(map[string]any{"id": id, "source": "patrol " + m.name, "row": map[string]string{
		"time_start": at.Format(time.RFC3339), "time_end": at.Add(30 * time.Minute).Format(time.RFC3339),
		"lat": fmt.Sprintf("%.3f", 48+float64(n%900)/1000), "lon": "37.2", "precision_m": "500", "act": "attack.strike.drone", "target": "energy.power.substation", "text": text}})
	if err != nil {
		return 0, err
	}
	b, status, err := m.ask(http.MethodPost, "/api/reports", body)
	if err != nil || status/100 != 2 {
		return status, err
	}
	return status, m.keep(b)
}

// keep keeps the receipt in an answer.
func (m *machine) keep(b []byte) error {
	x := receipt{office: m.origin}
	if err := json.Unmarshal(b, &x); err != nil || x.Receipt == "" {
		return fmt.Errorf("no receipt in the answer: %s", b)
	}
	m.d.receipts = append(m.d.receipts, x)
	return nil
}

// message hands in a message of the hotline.
func (m *machine) message(says string) error {
	m.d.made++
	id := record.NewID(time.UnixMilli(1_742_860_800_000+int64(m.d.made)*60_000), [10]byte{byte(m.d.made), byte(m.d.made >> 8), 'h', m.name[0]})
	body, err := json.Marshal(map[string]any{"id": id, "kind": record.KindMessage, "payload": map[string]any{"to": []string{"headquarters"}, "says": says}})
	if err != nil {
		return err
	}
	b, status, err := m.ask(http.MethodPost, "/api/entries", body)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("status %d: %s", status, b)
	}
	if err != nil {
		return err
	}
	return m.keep(b)
}

func (m *machine) ask(method, path string, body []byte) ([]byte, int, error) {
	r, err := http.NewRequestWithContext(m.d.ctx, method, m.web+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	if m.token != "" {
		r.Header.Set("Authorization", "Bearer "+m.token)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := clientOfDrill.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return b, resp.StatusCode, err
}

// reports hands in n reports, all of which must be taken.
func (m *machine) reports(n int) {
	for range n {
		m.d.made++
		status, err := m.send(m.d.made, 0)
		if err == nil && status/100 != 2 {
			err = fmt.Errorf("status %d", status)
		}
		m.d.must(err, "a report to "+m.name)
	}
}

// peerState is what an office says of another.
type peerState struct {
	Origin   string
	Seen     int64
	Held     int64
	Complete int64
	OfUs     int64 `json:"of_us"`
	Failed   string
	States   []string
	Skew     float64 `json:"skew_s"`
	Ahead    []int64
	Alarms   []struct {
		What, Says, Proof string
		Index             int64
	}
}

func (m *machine) of(other *machine) peerState {
	for _, p := range m.peers().Offices {
		if p.Origin == other.origin {
			return p
		}
	}
	return peerState{}
}

// peerList is what an office says of all others, and of how much it answers.
type peerList struct {
	Vector  map[string]int64
	Offices []peerState
}

func (m *machine) peers() (all peerList) {
	b, status, err := m.ask(http.MethodGet, "/api/peers", nil)
	if err == nil && status == http.StatusOK {
		err = json.Unmarshal(b, &all)
	}
	if err != nil {
		return peerList{}
	}
	return all
}
