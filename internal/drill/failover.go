package drill

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/internal/audit"
	"github.com/truce-project/truce/internal/badlink"
	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/record"
)

// witnesses starts two witnesses, of all logs, and gives every record the policy.
func (d *Drill) witnesses(_ string, keys map[*machine]string) {
	text := ""
	for _, k := range keys {
		text += "log " + k + "\n"
	}
	var names []string
	for _, name := range []string{"monitors", "ua"} {
		dir := filepath.Join(d.o.Dir, "witness-"+name)
		vkey, err := d.truce("witness", "key", "--state", dir, "--name", "drill.example/"+name)
		d.must(err, "the key of a witness")
		at, err := freeAddress()
		d.must(err, "a free address")
		args := []string{"witness", "serve", "--state", dir, "--listen", at}
		for _, k := range keys {
			args = append(args, "--log", k)
		}
		c := exec.CommandContext(d.ctx, d.o.Truce, args...)
		out, err := c.StdoutPipe()
		d.must(err, "a witness")
		d.must(c.Start(), "a witness")
		d.others = append(d.others, c)
		if _, err := out.Read(make([]byte, 1)); err != nil {
			d.must(err, "a witness")
		}
		text += fmt.Sprintf("witness %s %s http://%s\n", name, strings.Fields(vkey)[0], at)
		names = append(names, name)
	}
	text += "group both all " + strings.Join(names, " ") + "\nquorum both\n"
	d.policy = filepath.Join(d.o.Dir, "mission.policy")
	d.must(os.WriteFile(d.policy, []byte(text), 0o600), "the policy")
	for m := range keys {
		d.must(os.WriteFile(filepath.Join(m.dir, "mission.policy"), []byte(text), 0o600), "the policy")
	}
}

// startInside starts a machine on a small disk of its own, which has a copy of a
// record.
func (m *machine) startInside(from string) error {
	wrap := filepath.Join(m.d.o.Dir, "inside.sh")
	script := fmt.Sprintf("#!/bin/sh\nset -e\nmkdir -p %[1]q\nmount -t tmpfs -o size=%[2]d tmpfs %[1]q\ncp -a %[3]q/. %[1]q\nhead -c %[4]d /dev/zero > %[1]q/ballast\nexec %[5]q \"$@\"\n", m.dir, m.inside, from, m.inside/2, m.d.o.Truce)
	if err := os.WriteFile(wrap, []byte(script), 0o700); err != nil {
		return err
	}
	return m.start()
}

var tookOver = regexp.MustCompile(`(?m)^(\d[\d,]*) (?:entry|entries) of `)

// failOver: headquarters is lost while nobody can reach it, a machine that stands by
// goes on with its log, and the machine before comes back.
func (d *Drill) failOver() {
	d.head("Headquarters is cut off, takes 5 reports that nobody else has, and then its machine is lost")
	d.standsBy()
	sealed := filepath.Join(d.o.Dir, "hq.sealed")
	_, err := d.truce("promote", "seal", "--data", d.hq.dir, "--out", sealed)
	d.must(err, "sealing the keys")
	d.hq.link.Set(badlink.Conditions{Refuse: true})
	held := d.standby.of(d.hq).Held
	d.hq.reports(5)
	receipts := filepath.Join(d.o.Dir, "slips")
	d.must(os.MkdirAll(receipts, 0o700), "a folder")
	for _, r := range d.receipts[len(d.receipts)-5:] {
		d.must(os.WriteFile(filepath.Join(receipts, r.ID+".receipt"), []byte(r.Receipt), 0o600), "a receipt")
	}
	d.hq.kill()
	d.standby.stop()

	began := time.Now()
	d.after = &machine{d: d, name: "hq2 as headquarters", dir: filepath.Join(d.o.Dir, "hq-new"), origin: d.hq.origin, every: "200ms", link: d.hq.link}
	d.after.peer, err = freeAddress()
	d.must(err, "a free address")
	d.machines = append(d.machines, d.after)
	out, err := d.truce("promote", "--standby", d.standby.dir, "--origin", d.hq.origin, "--data", d.after.dir, "--sealed", sealed, "--policy", d.policy,
		"--holder", "hq2", "--by", "A. Petrenko, duty officer", "--reason", "the server room is flooded", "--receipts", receipts, "--patience", "2s")
	d.must(err, "promoting the machine that stands by")
	size := number(tookOver, out)
	if size < held {
		d.must(fmt.Errorf("%d entries, and %d were held: %s", size, held, out), "what was taken over")
	}
	unmet := strings.Count(out, " promises entry ")
	if unmet != 5 {
		d.must(fmt.Errorf("%d of 5 are named: %s", unmet, out), "receipts that nobody can meet")
	}
	d.say("detected", "%d receipts promise entries that nobody holds who can be asked: they are named", unmet)
	d.must(d.after.start(), "starting the new headquarters")
	d.after.token = d.hq.token
	d.hq.link.Aim(d.after.peer)
	d.hq.link.Set(badlink.Conditions{})
	d.after.reports(6)
	d.say("repaired", "%s after the decision hq2 writes the log of headquarters, from entry %d on, cosigned by both witnesses; 6 reports taken, by the same accounts", seconds(time.Since(began)), size)

	d.head("The machine before comes back")
	old := d.hq
	began = time.Now()
	err = old.start()
	if err == nil {
		d.must(errors.New("it writes"), "a machine that is fenced")
	}
	d.say("detected", "it does not write, after %s: %s", seconds(time.Since(began)), short(err.Error()))
	tail := filepath.Join(d.o.Dir, "tail")
	_, err = d.truce("promote", "tail-out", "--data", old.dir, "--from", strconv.FormatInt(size, 10), "--out", tail)
	d.must(err, "writing out its end")
	d.after.stop()
	out, err = d.truce("promote", "tail-in", "--data", d.after.dir, "--in", tail)
	d.must(err, "handing it in again")
	d.say("repaired", "its end is handed in at the new headquarters: %s", lastLine(out))
	d.must(d.after.start(), "starting the new headquarters")
	d.after.token = old.token
	d.hq = d.after
	d.after.reports(1)
	took := d.until("the offices to hold the new headquarters", func() bool { return d.north.of(d.after).Complete >= d.promised(d.after.origin) })
	if n := len(d.north.of(d.after).Alarms); n != 0 {
		d.must(fmt.Errorf("%d alarms: %v", n, d.north.of(d.after).Alarms), "the log of headquarters as "+d.north.name+" sees it")
	}
	d.say("kept", "%s follows the same log of headquarters, as one history, after %s", d.north.name, seconds(took))
}

func number(re *regexp.Regexp, s string) int64 {
	x := re.FindStringSubmatch(s)
	if x == nil {
		return -1
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(x[1], ",", ""), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (m *machine) reader() (*journal.Reader, error) {
	r, _, err := journal.OpenReader(journal.RealWorld(m.path(".")))
	return r, err
}

// met counts the receipts of an office whose entries stand where they say, in the
// record on its own disk, and ends the drill where one does not.
func (m *machine) met() (int, error) {
	r, err := m.reader()
	if err != nil {
		return 0, err
	}
	n := 0
	for _, x := range m.d.receipts {
		if x.office != m.origin {
			continue
		}
		if at := stands(r, x); at != x.Index {
			return n, fmt.Errorf("the receipt for %s promises entry %d, and it stands at %d", x.ID, x.Index, at)
		}
		n++
	}
	return n, nil
}

func (d *Drill) met(m *machine) int {
	var n int
	var err error
	// the WAL is in tiles after the next checkpoint
	d.until("a checkpoint of "+m.name, func() bool { return m.size() >= d.promised(m.origin) })
	n, err = m.met()
	d.must(err, "the receipts of "+m.name)
	return n
}

// stands is where the entry of a receipt stands in a log, -1 where it does not: the
// receipt's signature, the id and the leaf have to fit.
func stands(r *journal.Reader, x receipt) int64 {
	rec, err := record.OpenReceipt([]byte(x.Receipt), r.Office.Origin, r.Verifier())
	if err != nil {
		return -1
	}
	at, ok := rec.Index, false
	if e, err := r.Entry(at); err == nil && e.Envelope.ID == x.ID && e.Leaf() == rec.Leaf {
		return at
	}
	if at, ok, err = r.Find(x.ID); err != nil || !ok {
		return -1
	}
	if e, err := r.Entry(at); err != nil || e.Leaf() != rec.Leaf {
		return -1
	}
	return at
}

// account holds every receipt against the records as they are in the end.
func (d *Drill) account() error {
	d.head("The end of the day")
	readers := map[string]*journal.Reader{}
	for _, m := range d.machines {
		if m.cmd == nil || m.name == "forger" || m.origin == "" {
			continue
		}
		d.until("a last checkpoint of "+m.name, func() bool { return m.size() >= d.promised(m.origin) })
		r, err := m.reader()
		d.must(err, "the record of "+m.name)
		readers[m.origin] = r
		d.verified(m.path("."), m.name)
	}
	place, again, lost := 0, 0, 0
	for _, x := range d.receipts {
		at := int64(-1)
		if r := readers[x.office]; r != nil {
			at = stands(r, x)
		}
		switch {
		case at == x.Index:
			place++
		case at >= 0:
			again++
		default:
			lost++
			d.say("LOST", "the receipt for %s of %s, entry %d: nothing stands for it", x.ID, x.office, x.Index)
		}
	}
	for origin, r := range readers { // what headquarters holds of each is the same history
		if origin == d.after.origin || strings.HasSuffix(origin, "/hq2") {
			continue
		}
		dir := filepath.Join(d.after.dir, "peers", mirror.Folder(origin))
		c, _, err := journal.OpenReader(journal.RealWorld(dir))
		d.must(err, "the copy of "+origin)
		root, err := r.RootAt(c.Size())
		if err != nil || root != c.Checkpoint.Root {
			d.must(errors.Join(err, errors.New("another history")), "the copy of "+origin)
		}
	}
	d.say("kept", "%d receipts were given: %d are met at the place that they name, %d were handed in again and stand at another, %d are lost", len(d.receipts), place, again, lost)
	for _, s := range d.skipped {
		d.say("NOT DONE", "%s: it could not be played on this machine", s)
	}
	if lost > 0 {
		return fmt.Errorf("%d of %d receipts are lost", lost, len(d.receipts))
	}
	if again != 5 {
		return fmt.Errorf("%d receipts stand elsewhere, expected the 5 that were handed in again", again)
	}
	d.say("done", "no receipt was lost, in %s", seconds(time.Since(d.began)))
	return nil
}

// verified checks a record as a third person would. Receipts that the office keeps
// beside it for entries that were handed in again name their new places.
func (d *Drill) verified(dir, name string) {
	r, _, err := audit.VerifyDir(d.ctx, dir, audit.Options{Now: time.Now()})
	d.must(err, "verifying "+name)
	for _, p := range r.Problems {
		d.must(p, "verifying "+name)
	}
}
