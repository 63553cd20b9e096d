//go:build linux

// Package pgtest starts a PostgreSQL for a test, in a folder that is thrown away, on
// a socket in it: no port, no cluster of the machine is touched.
package pgtest

import (
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Server is a PostgreSQL that a test has to itself.
type Server struct {
	// Address are words of libpq: how the database postgres is reached, as a
	// superuser.
	Address string
	GIS     bool // whether PostGIS is installed; in the database it is not yet

	t    testing.TB
	bin  string
	dir  string
	who  *syscall.Credential
	args []string
	log  *os.File
	cmd  *exec.Cmd
}

// Start starts a server with settings such as work_mem=64MB, or skips the test
// where there is none on the machine.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(bins) == 0 {
		t.Skip("SKIPPED: PostgreSQL is not here (Debian: postgresql-15, postgresql-15-postgis-3), so nothing was tried on it")
	}
	dir, err := os.MkdirTemp("", "truce-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Server{t: t, bin: filepath.Dir(bins[len(bins)-1]), dir: dir, who: unprivileged(t, dir), Address: "host=" + dir + " user=truce dbname=postgres"}
	version := filepath.Base(filepath.Dir(s.bin))
	_, err = os.Stat("/usr/share/postgresql/" + version + "/extension/postgis.control")
	s.GIS = err == nil
	if out, err := s.command("initdb", "-D", filepath.Join(dir, "data"), "-U", "truce", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	if s.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	s.args = []string{"-D", filepath.Join(dir, "data"), "-k", dir}
	for _, x := range append([]string{"listen_addresses=", "fsync=off", "full_page_writes=off", "jit=off", "shared_buffers=64MB"}, settings...) {
		s.args = append(s.args, "-c", x)
	}
	t.Cleanup(func() {
		s.Stop()
		s.log.Close()
	})
	s.Run()
	return s
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, &syscall.SysProcAttr{Credential: s.who, Pdeathsig: syscall.SIGQUIT}
	return cmd
}

// Run runs the server, after Stop again, and waits until it answers.
func (s *Server) Run() {
	s.t.Helper()
	s.cmd = s.command("postgres", s.args...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for i := 0; ; i++ {
		out, err := s.command("pg_isready", "-q", "-h", s.dir, "-U", "truce").CombinedOutput()
		if err == nil {
			return
		}
		if i == 200 {
			text, _ := os.ReadFile(s.log.Name())
			s.t.Fatalf("PostgreSQL does not answer: %v %s\n%s", err, out, text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Stop stops the server at once: sessions are cut off.
func (s *Server) Stop() {
	if s.cmd != nil {
		s.cmd.Process.Signal(syscall.SIGINT)
		s.cmd.Wait()
		s.cmd = nil
	}
}

// unprivileged gives the folder to a user who may run a server: the server
// refuses to be run by root.
func unprivileged(t testing.TB, dir string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	t.Skip("SKIPPED: root may not run PostgreSQL, and there is no user postgres or nobody")
	return nil
}

// Folder is where the server has its data.
func (s *Server) Folder() string { return filepath.Join(s.dir, "data") }
