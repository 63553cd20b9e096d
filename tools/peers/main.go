// Command peers judges one workload with truce and with what else one could take
// for it, in turns, holds all answers against those of a brute-force oracle, and
// writes a table (docs/peers.md). `make bench-peers` runs it.
//
// What it is measured against are the programs of a folder beside this
// repository, ../shared/yardstick: they are built and run where they stand, as a
// module of their own, and nothing of theirs is part of this one. Without that
// folder it says so and fails; a peer that cannot be built or run here is named in
// the table with the reason.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bench is one run of the whole.
type bench struct {
	yard    string // the folder of the peers' programs
	dir     string // to work in: programs, data, a database
	events  int
	regimes int
	rounds  int
	want    []map[string]int // by regime: how often each answer is right, without those not covered
	judge   string           // who says so
	left    []string         // what was left out, and why
}

// sample is one run of one peer.
type sample struct {
	events    int
	wall, cpu float64 // seconds
	rss       int     // MiB; 0: not measured
	wrong     int     // answers that differ from the oracle's: counts, or events where each is compared
	of        int
}

// peer is something that judges.
type peer struct {
	name, how string
	rounds    int // at most so many; 0: all
	run       func() (sample, error)
	samples   []sample
	failed    string
}

func main() {
	log.SetFlags(0)
	b := &bench{}
	flag.StringVar(&b.yard, "yardstick", "../shared/yardstick", "folder of the peers' programs")
	flag.StringVar(&b.dir, "dir", "", "folder to work in, kept; a temporary one unless given")
	flag.IntVar(&b.events, "events", 100_000, "events that are judged, up to a million")
	flag.IntVar(&b.regimes, "regimes", 10, "regimes, 1 to 100")
	flag.IntVar(&b.rounds, "rounds", 3, "rounds")
	out := flag.String("out", "docs/peers.md", "where the table goes")
	also := flag.Bool("also", true, "also intake beside the disk, and questions of the console")
	flag.Parse()
	if b.events < 5000 || b.events > 1_000_000 || b.regimes < 1 || b.regimes > 100 || b.rounds < 1 {
		log.Fatal("expected -events 5000 to 1000000, -regimes 1 to 100, -rounds 1 or more")
	}
	if err := b.all(*out, *also); err != nil {
		log.Fatal("bench-peers: ", err)
	}
}

func (b *bench) all(out string, also bool) (err error) {
	if _, err := os.Stat(filepath.Join(b.yard, "cmd")); err != nil {
		return fmt.Errorf("THE PEERS ARE NOT HERE: %s/cmd, which holds their programs (rules, spatial, duck, fast, oracle, gen, sqlexport, fsyncloop) and w1_postgis, is missing, so NOTHING WAS COMPARED; lay that folder there or name another with -yardstick", b.yard)
	}
	if b.yard, err = filepath.Abs(b.yard); err != nil {
		return err
	}
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "truce-peers-"); err != nil {
			return err
		}
		defer os.RemoveAll(b.dir)
	} else if b.dir, err = filepath.Abs(b.dir); err != nil {
		return err
	}
	began := time.Now()
	if err := b.prepare(); err != nil {
		return err
	}
	peers, stop := b.peers()
	defer stop()
	for r := range b.rounds {
		for _, p := range peers {
			if p.failed != "" || p.rounds > 0 && r >= p.rounds {
				continue
			}
			s, err := p.run()
			if err != nil {
				p.failed = oneLine(err)
				log.Printf("%s: LEFT OUT: %s", p.name, p.failed)
				continue
			}
			p.samples = append(p.samples, s)
			log.Printf("round %d: %-22s %8.3f s by the clock, %8.3f s of processor time, %d events, %d of %d wrong", r+1, p.name, s.wall, s.cpu, s.events, s.wrong, s.of)
		}
	}
	var lines []string
	if also {
		lines = b.also()
	}
	if err := os.WriteFile(out, []byte(b.page(peers, lines, time.Since(began))), 0o644); err != nil {
		return err
	}
	log.Printf("%s is written", out)
	return b.verdict(peers)
}

// verdict fails where truce was wrong, or no peer could be run.
func (b *bench) verdict(peers []*peer) error {
	ran := 0
	for _, p := range peers {
		for _, s := range p.samples {
			if s.wrong > 0 && strings.HasPrefix(p.name, "truce") {
				return fmt.Errorf("%s: %d of %d answers differ from those of %s", p.name, s.wrong, s.of, b.judge)
			}
		}
		if len(p.samples) > 0 {
			ran++
		}
	}
	if ran < 2 {
		return errors.New("no peer could be run: NOTHING WAS COMPARED")
	}
	return nil
}

func median(p *peer, of func(sample) float64) float64 {
	var v []float64
	for _, s := range p.samples {
		v = append(v, of(s))
	}
	slices.Sort(v)
	return v[len(v)/2]
}

// oneLine is an error in a cell of a table.
func oneLine(err error) string {
	s := strings.Join(strings.Fields(strings.ReplaceAll(err.Error(), "|", "/")), " ")
	return s[:min(len(s), 300)]
}
