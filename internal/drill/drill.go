// Package drill plays a bad day on one machine: headquarters, offices, witnesses and
// a machine that stands by, each a process of its own, and what happens to them. It
// says in plain words what was detected, repaired and kept, and holds every receipt
// that was given against the records in the end.
//
// It promises no more than it plays: a fault that cannot be played on a machine is
// said, and is no success.
package drill

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/badlink"
	"github.com/truce-project/truce/internal/journal"
)

// Options are how a drill is played.
type Options struct {
	Truce    string // the program
	Dir      string // an empty folder
	Out      io.Writer
	Short    bool // one office, and fewer faults
	Clock    bool // the program heeds ClockEnv
	Seed     uint64
	Patience time.Duration // for one step; 0: a minute
}

// Drill is one that is played.
type Drill struct {
	o        Options
	ctx      context.Context
	began    time.Time
	machines []*machine
	links    []*badlink.Link
	others   []*exec.Cmd // witnesses
	receipts []receipt
	made     int
	policy   string // file
	alarms   int    // that have to stand at headquarters about the office
	skipped  []string

	hq, standby        *machine
	north, south, east *machine
	after              *machine // who writes the log of headquarters in the end
}

// failure is a step that did not end as it must.
type failure struct{ error }

// must ends the drill where something did not happen that has to.
func (d *Drill) must(err error, what string) {
	if err != nil {
		panic(failure{fmt.Errorf("%s: %w", what, err)})
	}
}

func (d *Drill) say(what, format string, args ...any) {
	fmt.Fprintf(d.o.Out, "%6.1f s  %-9s %s\n", time.Since(d.began).Seconds(), what, fmt.Sprintf(format, args...))
}

func (d *Drill) head(format string, args ...any) {
	fmt.Fprintf(d.o.Out, "\n%s\n", fmt.Sprintf(format, args...))
}

// until waits for something, and returns how long that took.
func (d *Drill) until(what string, is func() bool) time.Duration {
	began := time.Now()
	for !is() {
		if time.Since(began) > d.o.Patience {
			d.must(fmt.Errorf("not within %s", d.o.Patience), what)
		}
		select {
		case <-d.ctx.Done():
			d.must(d.ctx.Err(), what)
		case <-time.After(30 * time.Millisecond):
		}
	}
	return time.Since(began)
}

func seconds(t time.Duration) string { return fmt.Sprintf("%.1f s", t.Seconds()) }

// Run plays the day. The error says what did not hold; receipts that nobody honours
// are the worst of it.
func Run(ctx context.Context, o Options) error {
	return play(ctx, o, func(d *Drill) error {
		d.setUp()
		d.linkCut()
		d.killed()
		if !o.Short {
			d.wentBack()
			d.forged()
			d.diskFull()
		}
		d.failOver()
		return d.account()
	})
}

// play plays steps, each of which ends all where something did not hold.
func play(ctx context.Context, o Options, steps func(*Drill) error) (err error) {
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := &Drill{o: o, ctx: ctx, began: time.Now()}
	defer d.end()
	defer func() {
		if p := recover(); p != nil {
			f, ok := p.(failure)
			if !ok {
				panic(p)
			}
			d.say("FAILED", "%v", f.error)
			for _, m := range d.machines {
				if m.said() != "" {
					fmt.Fprintf(o.Out, "--- last words of %s\n%s\n", m.name, lastLines(m.said(), 4))
				}
			}
			err = f.error
		}
	}()
	return steps(d)
}

func lastLines(s string, n int) string {
	all := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(all[max(len(all)-n, 0):], "\n")
}

func (d *Drill) end() {
	for _, m := range d.machines {
		m.kill()
	}
	for _, c := range d.others {
		c.Process.Kill()
		c.Wait()
	}
	for _, l := range d.links {
		l.Close()
	}
}

// records makes a record for each machine; their keys.
func (d *Drill) records() map[*machine]string {
	keys := map[*machine]string{}
	for _, m := range d.machines {
		_, err := d.truce("import", "--data", m.dir, "--origin", m.origin, "--each", d.empty())
		d.must(err, "a record for "+m.name)
		out, err := d.truce("peer", "key", "--data", m.dir)
		d.must(err, "its key")
		keys[m] = strings.TrimSpace(out)
	}
	return keys
}

// setUp makes the offices known to each other and starts them.
func (d *Drill) setUp() {
	d.head("Setting up")
	d.hq, d.standby, d.north = d.machine("hq"), d.machine("hq2"), d.machine("north")
	offices := []*machine{d.north}
	if !d.o.Short {
		d.south, d.east = d.machine("south"), d.machine("east")
		offices = append(offices, d.south, d.east)
		d.south.every = "1s"
	} else {
		d.north.every = "1s"
	}
	keys := d.records()
	d.witnesses(keys[d.hq], keys)
	knows := func(m, other *machine, more ...string) {
		_, err := d.truce(append([]string{"peer", "add", "--data", m.dir, "https://" + other.link.Addr() + "#" + keys[other]}, more...)...)
		d.must(err, "making an office known")
	}
	for _, m := range append(offices, d.standby) {
		knows(m, d.hq, "--headquarters")
		if m == d.standby {
			knows(d.hq, m, "--may", "restricted")
			continue
		}
		knows(d.hq, m)
		knows(d.standby, m)
		knows(m, d.standby)
	}
	for _, m := range d.machines {
		d.must(m.start(), "starting "+m.name)
	}
	for _, m := range append(offices, d.hq) {
		m.reports(5)
	}
	for _, m := range offices {
		d.follows(m)
	}
	d.standsBy()
	d.say("ready", "headquarters, %d office(s), a machine that stands by, 2 witnesses; %d reports taken, all of them held at headquarters", len(offices), d.made)
}

// empty is a file with one event, by which a record is begun.
func (d *Drill) empty() string {
	name := filepath.Join(d.o.Dir, "first.csv")
	if _, err := os.Stat(name); err != nil {
		d.must(os.WriteFile(name, []byte("id,time_start,time_end,lat,lon,precision_m,actor,act,target,text\nA,2025-03-20T10:00:00Z,2025-03-20T11:00:00Z,48.5,37.5,500,RU,attack.strike.drone,energy.power.substation,first\n"), 0o600), "a first file")
	}
	return name
}

// size is how many entries an office has in its last checkpoint, as itself says.
func (m *machine) size() int64 {
	r, err := m.reader()
	if err != nil {
		return -1
	}
	return r.Size()
}

// follows waits until headquarters holds all that an office has given a receipt for.
func (d *Drill) follows(m *machine) time.Duration {
	want := d.promised(m.origin)
	return d.until("headquarters to hold "+m.name, func() bool { return d.hq.of(m).Complete >= want })
}

// standsBy waits until the machine that stands by holds headquarters, and a witness
// has cosigned it.
func (d *Drill) standsBy() {
	want := d.promised(d.hq.origin)
	d.until("the machine that stands by to hold headquarters", func() bool { return d.standby.of(d.hq).Complete >= want })
	d.until("witnesses to cosign headquarters", func() bool { return d.hq.cosigned() >= want })
}

// cosigned is the size up to which both witnesses have cosigned a record.
func (m *machine) cosigned() int64 {
	names, err := filepath.Glob(filepath.Join(m.dir, "cosigned", "*.ckpt"))
	r, rerr := m.reader()
	if err != nil || rerr != nil || len(names) != 2 {
		return -1
	}
	n := r.Size()
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return -1
		}
		c, err := journal.ReadCheckpoint(b, r.Office)
		if err != nil {
			return -1
		}
		n = min(n, c.Size)
	}
	return n
}

// promised is the size that the receipts of an office promise.
func (d *Drill) promised(origin string) int64 {
	n := int64(0)
	for _, r := range d.receipts {
		if r.office == origin {
			n = max(n, r.Index+1)
		}
	}
	return n
}

// linkCut: an office works without a link.
func (d *Drill) linkCut() {
	d.head("The link between %s and headquarters is cut", d.north.name)
	d.north.link.Set(badlink.Conditions{Refuse: true})
	d.hq.link.Set(badlink.Conditions{Refuse: true})
	d.north.reports(20)
	d.say("kept", "%s took 20 reports meanwhile, each with a receipt, and waited for nobody", d.north.name)
	p := d.hq.of(d.north)
	d.say("detected", "headquarters says that it holds %d entries of %s, and does not say that these are all", p.Complete, d.north.name)
	d.north.link.Set(badlink.Conditions{})
	d.hq.link.Set(badlink.Conditions{})
	d.say("repaired", "the link is back: all of it is at headquarters after %s", seconds(d.follows(d.north)))
}

// killed: a laptop is killed while it writes, and a bit on its disk has flipped.
func (d *Drill) killed() {
	m := d.south
	if m == nil {
		m = d.north
	}
	d.head("The laptop of %s loses power (kill -9), and a bit on its disk has flipped", m.name)
	m.reports(20)
	m.kill()
	file, at := d.flip(m)
	began := time.Now()
	d.must(m.start(), "starting "+m.name+" again")
	line := m.line("had flipped and was put right")
	if line == "" {
		d.must(errors.New("it was not noticed: "+m.line("recovery")), "the flipped bit in "+file)
	}
	d.say("detected", "a bit had flipped in %s, at byte %d, and was put right: a SHA-256 confirms it", file, at)
	d.say("repaired", "%s is back after %s with %d entries; each of its %d receipts is met", m.name, seconds(time.Since(began)), m.size(), d.met(m))
	d.follows(m)
}

// flip flips a bit in the last frame of a WAL.
func (d *Drill) flip(m *machine) (string, int) {
	names, err := filepath.Glob(filepath.Join(m.dir, "wal", "*"))
	if err == nil && len(names) == 0 {
		err = errors.New("there is none")
	}
	d.must(err, "the WAL of "+m.name)
	name := names[len(names)-1]
	b, err := os.ReadFile(name)
	d.must(err, "the WAL")
	if len(b) < 400 {
		d.must(fmt.Errorf("%s holds nothing: the fault cannot be played", name), "a bit to flip")
	}
	at := len(b) - 100
	b[at] ^= 4
	d.must(os.WriteFile(name, b, 0o600), "a flipped bit")
	return "wal/" + filepath.Base(name), at
}

// wentBack: an office is put back from an old backup.
func (d *Drill) wentBack() {
	m := d.north
	d.head("The disk of %s fails; somebody puts back an old copy of it", m.name)
	m.stop()
	old := m.dir + "-old"
	d.copy(m.dir, old)
	d.must(m.start(), "starting it again")
	m.reports(15)
	d.follows(m)
	d.until("witnesses to cosign it", func() bool { return m.cosigned() >= d.promised(m.origin) })
	m.kill()
	d.must(os.Rename(m.dir, m.dir+"-failed"), "the disk fails")
	d.must(os.Rename(old, m.dir), "the old copy")
	began := time.Now()
	err := m.start()
	if err == nil {
		d.must(errors.New("it writes"), "an office that went back")
	}
	d.say("detected", "it does not write: %s", short(err.Error()))
	out, err := d.truce("peer", "recover", "--data", m.dir)
	d.must(err, "getting back what others hold")
	d.say("repaired", "%s", short(out))
	d.must(m.start(), "starting it again")
	d.say("kept", "%s writes again after %s; each of its %d receipts is met", m.name, seconds(time.Since(began)), d.met(m))
	m.reports(3)
	d.follows(m)
}

// copy copies a folder with what may be read by whom, as a person with cp does.
func (d *Drill) copy(from, to string) {
	out, err := exec.Command("cp", "-a", from, to).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, out)
	}
	d.must(err, "copying "+from)
}

func short(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.Index(s, ". Nothing is written"); i > 0 {
		s = s[:i]
	}
	return strings.TrimPrefix(strings.Split(s, "\n")[0], "truce: ")
}

// forged: somebody with a copy of an office's key serves another history.
func (d *Drill) forged() {
	m := d.south
	d.head("Somebody who has copied the key of %s answers at its address, with another history", m.name)
	twin, held, took := d.forge(m)
	p := d.hq.of(m)
	a := p.Alarms[len(p.Alarms)-1]
	d.say("detected", "after %s: %s, from entry %d on: %s", seconds(took), a.What, a.Index, short(a.Says))
	if p.Held < held {
		d.must(fmt.Errorf("%d of %d entries", p.Held, held), "what was held")
	}
	if a.Proof == "" {
		d.must(errors.New("none"), "a proof of the two histories")
	}
	d.say("kept", "the %d entries that were held; a proof that needs nothing but the public key is in %s", p.Held, a.Proof)
	twin.kill()
	m.link.Aim(m.peer)
	d.hq.stop()
	names, err := filepath.Glob(filepath.Join(d.hq.dir, "peers", "*south*", "alarms"))
	if err == nil && len(names) != 1 {
		err = fmt.Errorf("%d files", len(names))
	}
	d.must(err, "the alarm")
	d.must(os.Remove(names[0]), "the alarm is taken away")
	d.must(d.hq.start(), "starting headquarters")
	m.reports(2)
	d.say("repaired", "somebody has looked and taken the alarm away: %s is followed again after %s", m.name, seconds(d.follows(m)))
}

// forge has somebody answer for an office, with its key and another history, until
// headquarters has noticed; held is what it held before.
func (d *Drill) forge(m *machine) (twin *machine, held int64, took time.Duration) {
	twin = &machine{d: d, name: "forger", dir: m.dir + "-forged", origin: m.origin, every: "200ms", link: m.link}
	var err error
	twin.peer, err = freeAddress()
	d.must(err, "a free address")
	m.stop()
	d.copy(m.dir, twin.dir)
	for _, n := range []string{"known", "cosigned", "mission.policy", "peers.json"} { // the forger removes what would stop it
		d.must(os.RemoveAll(filepath.Join(twin.dir, n)), "the forger")
	}
	d.must(m.start(), "starting "+m.name)
	m.reports(4)
	d.follows(m)
	held = d.hq.of(m).Held
	peers, err := os.ReadFile(filepath.Join(m.dir, "peers.json"))
	d.must(err, "the peers")
	d.must(os.WriteFile(filepath.Join(twin.dir, "peers.json"), bytes.ReplaceAll(peers, []byte("https://"), []byte("https://nobody.invalid/")), 0o600), "the forger")
	d.machines = append(d.machines, twin)
	d.must(twin.start(), "starting the forger")
	was := d.receipts
	twin.reports(6)
	d.receipts = was // what a forger promises is nobody's debt
	m.link.Aim(twin.peer)
	m.link.Set(badlink.Conditions{Refuse: true})
	m.link.Set(badlink.Conditions{})
	took = d.until("an alarm at headquarters", func() bool {
		for _, a := range d.hq.of(m).Alarms {
			if a.What == "fork" {
				return true
			}
		}
		return false
	})
	return twin, held, took
}

// diskFull: the disk of an office is full, and is emptied.
func (d *Drill) diskFull() {
	m := d.east
	d.head("The disk of %s is full", m.name)
	if out, err := exec.Command("unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt").CombinedOutput(); err != nil {
		d.skipped = append(d.skipped, "a full disk")
		d.say("NOT DONE", "a small disk cannot be made here (%s): this fault was not played", strings.TrimSpace(string(out)))
		m.reports(5)
		d.follows(m)
		return
	}
	m.stop()
	kept := m.dir + "-kept"
	d.must(os.Rename(m.dir, kept), "moving it")
	m.inside = 24 << 20
	d.must(m.startInside(kept), "starting it on a small disk")
	taken, refused := 0, 0
	for refused == 0 && taken < 2000 {
		d.made++
		status, err := m.send(d.made, 60_000)
		switch {
		case err == nil && status/100 == 2:
			taken++
		default:
			refused = status
		}
	}
	if refused == 0 {
		d.must(errors.New("it never was"), "a full disk")
	}
	d.say("detected", "after %d more reports the disk is full: a report is refused with status %d, and gets no receipt", taken, refused)
	d.must(os.Remove(m.path("ballast")), "space on the disk")
	began := time.Now()
	d.until("it takes reports again", func() bool {
		d.made++
		status, err := m.send(d.made, 0)
		return err == nil && status/100 == 2
	})
	d.say("repaired", "there is space again: it takes reports after %s, without being started again", seconds(time.Since(began)))
	took := d.follows(m)
	d.say("kept", "each of the %d reports that have a receipt is at headquarters after %s", taken+1, seconds(took))
}
