package drill

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// ErrNoNamespaces means that this machine gives no networks of their own.
var ErrNoNamespaces = errors.New("no network of its own can be made here")

// Namespaces plays a cable that is pulled, and a link on which only one end is heard,
// on a network of the kernel: there nothing is refused and nothing ends, packets are
// just gone. The office has a network of its own, with a second link for the drill.
// Where the kernel can lose and delay packets (netem) it does that as well.
func Namespaces(ctx context.Context, o Options) error {
	n, err := newNetwork()
	if err != nil {
		return err
	}
	defer n.end()
	return play(ctx, o, func(d *Drill) error {
		d.head("Headquarters and an office on networks of their own")
		d.hq, d.north = d.machine("hq"), d.machine("north")
		d.hq.peer, d.hq.listen, d.hq.patience = n.link+".1:8443", "127.0.0.1:0", "1s"
		d.north.peer, d.north.listen, d.north.within, d.north.patience = n.link+".2:8443", n.other+".2:8080", n.name, "1s"
		d.know()
		d.startAll([]*machine{d.hq, d.north})
		d.hq.reports(2)
		d.north.reports(2)
		d.holds(false)
		d.say("ready", "each holds the other")
		d.unplugged("The cable is pulled", n.pull, n.plug)
		d.unplugged("What headquarters sends is lost, what the office sends arrives", n.deafen, n.hear)
		if err := n.lossy(); err != nil {
			d.say("NOT DONE", "packets cannot be lost and delayed here (%v): that is played by a proxy", err)
		} else {
			d.north.reports(20)
			took := d.follows(d.north)
			d.must(n.clear(), "a good link")
			d.holds(false)
			d.say("kept", "20 reports came over a link that delays each packet by 100 ms and loses 20 %%, in %s", seconds(took))
		}
		d.say("done", "%d receipts were given, and each is met", len(d.receipts))
		return nil
	})
}

// unplugged plays a link that is gone for a while.
func (d *Drill) unplugged(what string, off, on func() error) {
	d.head("%s", what)
	d.must(off(), what)
	d.north.reports(10)
	d.hq.reports(5)
	d.until("headquarters to say that nothing comes", func() bool { return d.hq.of(d.north).Failed != "" })
	d.until("the office to say that nothing comes", func() bool { return d.north.of(d.hq).Failed != "" })
	d.say("detected", "%s; 10 reports and 5 were taken meanwhile", short(d.hq.of(d.north).Failed))
	d.must(on(), "the link again")
	took := d.follows(d.north)
	d.holds(false)
	d.say("repaired", "all of it is there after %s", seconds(took))
}

// network is one of the kernel, with two links to that of the drill.
type network struct{ name, link, other, near, beside string }

func newNetwork() (n *network, err error) {
	k := os.Getpid() % 250
	n = &network{name: fmt.Sprintf("truce-%d", os.Getpid()), link: fmt.Sprintf("10.213.%d", k), other: fmt.Sprintf("10.214.%d", k), near: fmt.Sprintf("tl%d", os.Getpid()), beside: fmt.Sprintf("tm%d", os.Getpid())}
	if err := ip("netns", "add", n.name); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoNamespaces, err)
	}
	for _, x := range []struct{ dev, net string }{{n.near, n.link}, {n.beside, n.other}} {
		for _, args := range [][]string{
			{"link", "add", x.dev, "type", "veth", "peer", "name", x.dev, "netns", n.name},
			{"addr", "add", x.net + ".1/30", "dev", x.dev},
			{"link", "set", x.dev, "up"},
			{"-n", n.name, "addr", "add", x.net + ".2/30", "dev", x.dev},
			{"-n", n.name, "link", "set", x.dev, "up"},
		} {
			if err := ip(args...); err != nil {
				n.end()
				return nil, fmt.Errorf("%w: %w", ErrNoNamespaces, err)
			}
		}
	}
	return n, nil
}

func ip(args ...string) error { return command("ip", args...) }

func command(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return err
}

func (n *network) end() {
	ip("link", "del", n.near) // what was not made cannot be taken away
	ip("link", "del", n.beside)
	ip("netns", "del", n.name)
}

func (n *network) pull() error { return ip("-n", n.name, "link", "set", n.near, "down") }
func (n *network) plug() error { return ip("-n", n.name, "link", "set", n.near, "up") }

// deafen sends what goes to the office to an address that nobody has.
func (n *network) deafen() error {
	return ip("neigh", "replace", n.link+".2", "lladdr", "02:00:00:00:00:99", "dev", n.near, "nud", "permanent")
}
func (n *network) hear() error { return ip("neigh", "del", n.link+".2", "dev", n.near) }

func (n *network) lossy() error {
	return command("tc", "qdisc", "add", "dev", n.near, "root", "netem", "delay", "100ms", "loss", "20%")
}
func (n *network) clear() error { return command("tc", "qdisc", "del", "dev", n.near, "root") }
