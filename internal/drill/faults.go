package drill

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/truce-project/truce/internal/badlink"
	"github.com/truce-project/truce/internal/mirror"
	"github.com/truce-project/truce/record"
)

// Faults plays what can happen to an office that follows another, fault by fault. After
// each one every receipt is met on both machines, copies are the logs that they are of,
// alarms are those that have to be, and views are those that a rebuild gives; in the
// short form the views are compared at the end.
func Faults(ctx context.Context, o Options) error {
	return play(ctx, o, func(d *Drill) error {
		if o.Short {
			d.setUpPair(800)
			d.killedWhileItPulls(6)
			d.thinLink(800, 50)
			d.stopped(time.Second)
			d.clocks()
			d.copySpoilt()
		} else {
			d.setUpPair(10_000)
			d.killedWhileItPulls(100)
			d.thinLink(3000, 50)
			d.thinLink(800, 1)
			d.oneSided()
			d.stopped(30 * time.Second)
			d.clocks()
			d.mirrorFull()
			d.copySpoilt()
		}
		for _, s := range d.skipped {
			d.say("NOT DONE", "%s: it could not be played on this machine", s)
		}
		d.say("done", "%d receipts were given, and each was met after each fault, in %s", len(d.receipts), seconds(time.Since(d.began)))
		return nil
	})
}

// setUpPair makes headquarters and an office that follow each other.
func (d *Drill) setUpPair(queue int) {
	d.head("Setting up")
	d.pair()
	d.waits(d.north, queue)
	d.must(d.north.start(), "starting "+d.north.name)
	d.say("ready", "headquarters and an office that follow each other; %d reports of 14 days wait at the office", queue)
}

// pair makes two records, each known to the other.
func (d *Drill) pair() {
	d.hq, d.north = d.machine("hq"), d.machine("north")
	d.know()
}

// know makes the records of both, and each known to the other.
func (d *Drill) know() {
	keys := d.records()
	for _, m := range d.machines {
		m.every = "100ms"
	}
	_, err := d.truce("peer", "add", "--data", d.north.dir, "--headquarters", "https://"+d.hq.address()+"#"+keys[d.hq])
	d.must(err, "making headquarters known")
	_, err = d.truce("peer", "add", "--data", d.hq.dir, "--may", "restricted", "https://"+d.north.address()+"#"+keys[d.north]) // so that views can be the same
	d.must(err, "making an office known")
}

// waits puts reports of two weeks into the record of an office that is not running.
func (d *Drill) waits(m *machine, n int) {
	var b strings.Builder
	b.WriteString("id,time_start,time_end,lat,lon,precision_m,actor,act,target,text\n")
	for k := range n {
		d.made++
		at := time.Date(2025, 3, 21, 0, 0, 0, 0, time.UTC).Add(time.Duration(k) * 14 * 24 * time.Hour / time.Duration(n))
		fmt.Fprintf(&b, "Q%d,%s,%s,%.3f,37.2,500,RU,attack.strike.drone,energy.power.substation,report %d that waited\n", d.made, at.Format(time.RFC3339), at.Add(30*time.Minute).Format(time.RFC3339), 48+float64(k%900)/1000, d.made)
	}
	name := filepath.Join(d.o.Dir, "waits.csv")
	d.must(os.WriteFile(name, []byte(b.String()), 0o600), "reports that wait")
	_, err := d.truce("import", "--data", m.dir, "--each", name)
	d.must(err, "reports that wait")
}

// killedWhileItPulls: headquarters is killed at any moment while it takes two weeks of
// reports.
func (d *Drill) killedWhileItPulls(times int) {
	d.head("Headquarters is killed (-9) %d times while it takes them", times)
	d.north.link.Set(badlink.Conditions{Rate: 60_000})
	chance := rand.New(rand.NewPCG(d.o.Seed, 13))
	within := 0
	for k := range times {
		if k%4 == 0 {
			d.north.reports(1)
		}
		_, err := d.hq.launch()
		d.must(err, "starting headquarters")
		time.Sleep(time.Duration(60+chance.IntN(340)) * time.Millisecond)
		d.hq.kill()
		if d.heldOnDisk(d.hq, d.north) < d.north.size() {
			within++
		}
	}
	d.north.link.Set(badlink.Conditions{})
	if within < times/2 {
		d.must(fmt.Errorf("only %d of %d: the fault was not played", within, times), "killing it while it takes them")
	}
	d.must(d.hq.start(), "starting headquarters")
	d.hq.reports(3)
	took := d.follows(d.north)
	d.holds(!d.o.Short)
	d.say("kept", "%d of %d kills came before all of it was there; then it was, after %s, once and in the order of %s", within, times, seconds(took), d.north.name)
}

// heldOnDisk is how many entries of another office a machine holds that does not run.
func (d *Drill) heldOnDisk(m, other *machine) int64 {
	r, err := d.copyOf(m, other)
	if err != nil {
		return 0
	}
	return r.Size()
}

// thinLink: 9.6 kbit/s, 5 s one way, 20 % loss; played faster, bytes and latency keep
// their proportions.
func (d *Drill) thinLink(queue, times int) {
	faster := time.Duration(times)
	thin := badlink.Conditions{Rate: 1200 * float64(times), Latency: 5 * time.Second / faster, Loss: 0.2, Again: 10 * time.Second / faster}
	d.head("A link of 9.6 kbit/s, 5 s each way, 20 %% loss (played %d times as fast); %d reports wait, and a message of the hotline after them", times, queue)
	if times == 1 {
		d.hq.patience, d.o.Patience = "1m", 20*time.Minute
	}
	d.hq.stop()
	d.north.stop()
	d.waits(d.north, queue)
	d.must(d.north.start(), "starting "+d.north.name)
	before := d.heldOnDisk(d.hq, d.north)
	d.must(d.north.message("stop firing at the bridge"), "a message of the hotline")
	at := d.receipts[len(d.receipts)-1].Index
	d.until("a checkpoint of "+d.north.name, func() bool { return d.north.size() > at })
	d.north.link.Set(thin)
	d.must(d.hq.start(), "starting headquarters")
	passed, began := d.north.link.Passed(), time.Now()
	d.until("the message ahead of its turn", func() bool { return slices.Contains(d.hq.of(d.north).Ahead, at) })
	p, first := d.hq.of(d.north), d.north.link.Passed()-passed
	if p.Held >= at || p.Seen <= at {
		d.must(fmt.Errorf("seen %d, held %d, the message is entry %d", p.Seen, p.Held, at), "the message before the backlog")
	}
	d.say("detected", "after %s and %d bytes headquarters knows how much there is (%d entries), and has the message, entry %d, with its proof; it holds %d entries", seconds(time.Since(began)), first, p.Seen, at, p.Held)
	slowest := time.Duration(0)
	for range 20 { // who reports to headquarters meanwhile
		began := time.Now()
		d.hq.reports(1)
		slowest = max(slowest, time.Since(began))
	}
	// the rest over a link that is a thousand times as fast, or nobody would wait for it
	d.north.link.Set(badlink.Conditions{Rate: 1_200_000, Latency: 10 * time.Millisecond, Loss: 0.05, Again: 30 * time.Millisecond})
	if times == 1 { // after answers that took a minute it would be asked again in ten
		d.hq.stop()
		d.hq.patience = ""
		d.must(d.hq.start(), "starting headquarters")
	}
	took := d.follows(d.north)
	total := d.north.link.Passed() - passed
	d.north.link.Set(badlink.Conditions{})
	d.hq.patience = ""
	d.holds(!d.o.Short)
	d.say("kept", "the other %d entries came after it, over a better link, in %s and %d bytes; 20 reports to headquarters meanwhile, the slowest in %d ms", at-before, seconds(took), total, slowest.Milliseconds())
}

// oneSided: what one end says arrives, and no answer comes back.
func (d *Drill) oneSided() {
	d.head("The link is cut one way: what headquarters asks arrives, and no answer comes back")
	d.north.link.Set(badlink.Conditions{Deaf: true})
	d.north.reports(5)
	d.until("headquarters to say that nothing comes", func() bool { return d.hq.of(d.north).Failed != "" })
	d.hq.reports(5)
	d.until("the other way to go on", func() bool { return d.north.of(d.hq).Complete >= d.promised(d.hq.origin) })
	d.say("detected", "headquarters says why: %s; %s goes on to take from headquarters", short(d.hq.of(d.north).Failed), d.north.name)
	d.north.link.Set(badlink.Conditions{})
	took := d.follows(d.north)
	d.holds(!d.o.Short)
	d.say("repaired", "the link is back: all of it is there after %s", seconds(took))
}

// stopped: headquarters stands still for a while, as a machine does that swaps or whose
// virtual machine is moved, and the office loses power meanwhile.
func (d *Drill) stopped(pause time.Duration) {
	d.head("Headquarters stands still for %s (SIGSTOP), and %s loses power meanwhile", pause, d.north.name)
	began := time.Now()
	d.must(d.hq.cmd.Process.Signal(syscall.SIGSTOP), "SIGSTOP")
	d.north.reports(5)
	d.north.kill()
	d.must(d.north.start(), "starting "+d.north.name)
	d.north.reports(5)
	time.Sleep(time.Until(began.Add(pause)))
	d.must(d.hq.cmd.Process.Signal(syscall.SIGCONT), "SIGCONT")
	d.hq.reports(3)
	took := d.follows(d.north)
	d.holds(!d.o.Short)
	d.say("kept", "%s took 10 reports meanwhile and waited for nobody; headquarters goes on where it stood, and has them after %s", d.north.name, seconds(took))
}

// ClockEnv is by how much the clock of a machine is wrong. Only the program that tests
// build of themselves heeds it.
const ClockEnv = "TRUCE_TEST_CLOCK"

// clocks: the clock of an office is two hours ahead, and then two days behind.
func (d *Drill) clocks() {
	d.head("The clock of %s is two hours ahead, and after a start two days behind", d.north.name)
	if !d.o.Clock {
		d.skipped = append(d.skipped, "clocks that differ")
		d.say("NOT DONE", "this program has no clock that can be set: the tests play this fault")
		return
	}
	for _, wrong := range []time.Duration{2 * time.Hour, -48 * time.Hour} {
		d.north.stop()
		d.north.env = []string{ClockEnv + "=" + wrong.String()}
		d.must(d.north.start(), "starting "+d.north.name)
		d.north.reports(5)
		d.until("headquarters to say that clocks differ", func() bool {
			p := d.hq.of(d.north)
			return slices.Contains(p.States, "clock-differs") && (time.Duration(p.Skew*float64(time.Second))-wrong).Abs() < time.Minute
		})
		d.follows(d.north)
		d.say("detected", "headquarters says that clocks differ, by %s", time.Duration(d.hq.of(d.north).Skew*float64(time.Second)).Round(time.Second))
	}
	d.north.env = nil
	d.holds(!d.o.Short)
	d.say("kept", "10 reports, by their places in the log")
}

// mirrorFull: the disk of headquarters is full while it takes what an office has.
func (d *Drill) mirrorFull() {
	m := d.hq
	d.head("The disk of headquarters is full while it takes reports of %s", d.north.name)
	if out, err := exec.Command("unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt").CombinedOutput(); err != nil {
		d.skipped = append(d.skipped, "a full disk of a mirror")
		d.say("NOT DONE", "a small disk cannot be made here (%s): this fault was not played", strings.TrimSpace(string(out)))
		return
	}
	m.stop()
	kept := m.dir + "-kept"
	d.must(os.Rename(m.dir, kept), "moving it")
	m.inside = 2 * (d.bytes(kept) + 8<<20) // half of it is taken at first
	d.must(m.startInside(kept), "starting it on a small disk")
	sent := 0
	for failed := ""; !strings.Contains(failed, "no space left"); failed = m.of(d.north).Failed {
		if sent++; sent > 1200 {
			d.must(errors.New("it never was"), "a full disk")
		}
		d.made++
		status, err := d.north.send(d.made, 60_000)
		if err == nil && status/100 != 2 {
			err = fmt.Errorf("status %d", status)
		}
		d.must(err, "a report to "+d.north.name)
	}
	d.say("detected", "after %d reports of 60 kB headquarters says why it takes no more: %s", sent, short(m.of(d.north).Failed))
	refused := 0
	for k := 0; k < 40 && refused == 0; k++ {
		d.made++
		if status, _ := m.send(d.made, 60_000); status/100 != 2 {
			refused = status
		}
	}
	if refused != 507 {
		d.must(fmt.Errorf("status %d", refused), "a report to headquarters that does not fit, which is refused")
	}
	if a := m.of(d.north).Alarms; len(a) > 0 {
		d.must(fmt.Errorf("%+v", a), "no alarm, since nobody has signed anything wrong")
	}
	d.must(os.Remove(m.path("ballast")), "space on the disk")
	took := d.follows(d.north)
	d.must(m.cmd.Process.Signal(syscall.SIGSTOP), "SIGSTOP")
	d.copy(m.path("."), m.dir+"-large") // as it stands, then it loses power
	m.kill()
	m.inside = 0
	d.must(errors.Join(os.RemoveAll(m.dir), os.Rename(m.dir+"-large", m.dir)), "a large disk")
	d.must(m.start(), "starting headquarters on a large disk")
	d.holds(!d.o.Short)
	d.say("repaired", "there is space again: all of it is at headquarters after %s; what did not fit was refused with status 507, and has no receipt", seconds(took))
}

// bytes is how much the files of a folder take.
func (d *Drill) bytes(dir string) int {
	n := 0
	d.must(filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		i, err := e.Info()
		if err == nil {
			n += int(i.Size()+4095) &^ 4095
		}
		return err
	}), "how large the record is")
	return n
}

// copySpoilt: bits flip in the copy that headquarters has of an office.
func (d *Drill) copySpoilt() {
	d.head("Bits have flipped in the copy that headquarters has of %s", d.north.name)
	d.hq.stop()
	dir := filepath.Join("peers", mirror.Folder(d.north.origin))
	names := []string{"office.json", "seen", "log/checkpoint", "log/tile/0/000", "log/tile/entries/000", "payload/001"}
	for _, name := range names {
		file := filepath.Join(d.hq.dir, dir, name)
		b, err := os.ReadFile(file)
		d.must(err, "the copy")
		b[len(b)/2] ^= 8
		d.must(os.WriteFile(file, b, 0o600), "a flipped bit")
	}
	d.must(d.hq.start(), "starting headquarters, which waits for no copy")
	d.hq.reports(2)
	took := d.follows(d.north)
	p := d.hq.of(d.north)
	places := []int64{}
	for _, a := range p.Alarms {
		if a.What != "damage" || !strings.Contains(a.Says, d.north.origin) {
			d.must(fmt.Errorf("%+v", a), "an alarm that names the office")
		}
		if a.Index >= 0 {
			places = append(places, a.Index)
		}
	}
	second := func(i int64) bool { return i/record.Width == 1 }
	if !slices.ContainsFunc(places, func(i int64) bool { return i/record.Width == 0 }) || !slices.ContainsFunc(places, second) {
		d.must(fmt.Errorf("entries %v", places), "alarms that name the bundle and the payload")
	}
	d.say("detected", "headquarters starts, and says of %d files what was wrong: entries %v", len(names), places)
	d.alarms = len(p.Alarms)
	d.holds(true)
	d.say("repaired", "what was not what %s had signed was made or fetched anew after %s", d.north.name, seconds(took))
}
