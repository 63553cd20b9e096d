package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// port is part of the name of the socket, which is what the programs of the
// folder look for; nothing listens on a network.
const port = "54330"

// postgis starts a database of its own and loads it.
func (b *bench) postgis() (stop func(), err error) {
	stop = func() {}
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(bins) == 0 {
		return stop, errors.New("PostgreSQL is not here (Debian: postgresql-15, postgresql-15-postgis-3)")
	}
	for _, tool := range []string{"psql", "bc", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			return stop, err
		}
	}
	bin, dir := filepath.Dir(bins[len(bins)-1]), filepath.Join(b.dir, "pg")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return stop, err
	}
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() == 0 { // a server refuses to be run by root
		u, err := user.Lookup("postgres")
		if err != nil {
			return stop, err
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return stop, err
		}
		attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	as := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, attr
		return cmd
	}
	data := filepath.Join(dir, "data")
	if _, err := output(as("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")); err != nil {
		return stop, err
	}
	server := as("postgres", "-D", data, "-k", dir, "-p", port, "-c", "listen_addresses=", "-c", "shared_buffers=1GB", "-c", "work_mem=256MB", "-c", "maintenance_work_mem=512MB",
		"-c", "max_parallel_workers=2", "-c", "max_parallel_workers_per_gather=2", "-c", "random_page_cost=1.1", "-c", "max_wal_size=8GB", "-c", "fsync=off")
	if err := server.Start(); err != nil {
		return stop, err
	}
	stop = func() {
		server.Process.Signal(syscall.SIGINT)
		server.Wait()
	}
	for i := 0; ; i++ {
		if _, err = output(as("pg_isready", "-q", "-h", dir, "-p", port)); err == nil {
			break
		}
		if i == 300 {
			return stop, err
		}
		time.Sleep(100 * time.Millisecond)
	}
	if _, err = output(as("createdb", "-h", dir, "-p", port, "-U", "postgres", "w1")); err == nil {
		_, err = output(as("psql", "-h", dir, "-p", port, "-U", "postgres", "-d", "w1", "-c", "CREATE EXTENSION postgis"))
	}
	if err != nil {
		return stop, err
	}
	log.Print("PostGIS is loaded")
	_, err = output(b.script("load.sh", strconv.Itoa(b.events)))
	return stop, err
}

func (b *bench) script(name string, args ...string) *exec.Cmd {
	cmd := exec.Command("bash", append([]string{filepath.Join(b.yard, "w1_postgis", name)}, args...)...)
	cmd.Dir, cmd.Env = b.dir, append(os.Environ(), "YARD="+b.dir)
	return cmd
}

var totalText = regexp.MustCompile(`TOTAL .* wall ([0-9.]+) s cpu ([0-9.]+) s`)

func (b *bench) inPostGIS(mode string) func() (sample, error) {
	return func() (sample, error) {
		s := sample{events: b.events}
		text, err := output(b.script("run.sh", strconv.Itoa(b.events), strconv.Itoa(b.regimes), mode))
		if err != nil {
			return s, err
		}
		m := totalText.FindStringSubmatch(text)
		if m == nil {
			return s, errors.New("no time in what it printed")
		}
		s.wall, _ = strconv.ParseFloat(m[1], 64)
		s.cpu, _ = strconv.ParseFloat(m[2], 64)
		got, err := readCounts(filepath.Join(b.dir, fmt.Sprintf("pg/counts.%d.%d.csv", b.events, b.regimes)), b.regimes)
		if err != nil {
			return s, err
		}
		return s, b.check(got, &s)
	}
}
