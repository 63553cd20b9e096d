//go:build linux

package pgtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Standby starts a second server that follows this one by streaming replication, and
// that answers questions. What was committed here may be lost with this one unless it
// was started with synchronous_standby_names=*.
func (s *Server) Standby(settings ...string) *Server {
	s.t.Helper()
	dir, err := os.MkdirTemp("", "truce-pg-")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { os.RemoveAll(dir) })
	b := &Server{t: s.t, bin: s.bin, dir: dir, who: unprivileged(s.t, dir), GIS: s.GIS, Address: "host=" + dir + " user=truce dbname=postgres"}
	data := filepath.Join(dir, "data")
	// -R writes standby.signal and whom to follow.
	if out, err := b.command("pg_basebackup", "-D", data, "-h", s.dir, "-U", "truce", "-X", "stream", "-R", "-c", "fast", "--no-sync").CombinedOutput(); err != nil {
		s.t.Fatalf("pg_basebackup: %v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(data, "standby.signal")); err != nil {
		s.t.Fatal(err)
	}
	if b.log, err = os.Create(filepath.Join(dir, "log")); err != nil {
		s.t.Fatal(err)
	}
	b.args = []string{"-D", data, "-k", dir}
	for _, x := range append([]string{"listen_addresses=", "fsync=off", "full_page_writes=off", "jit=off", "shared_buffers=64MB"}, settings...) {
		b.args = append(b.args, "-c", x)
	}
	s.t.Cleanup(func() {
		b.Stop()
		b.log.Close()
	})
	b.Run()
	return b
}

// Either is the address of whichever of two servers takes what is written.
func (s *Server) Either(b *Server) string {
	return fmt.Sprintf("host=%s,%s user=truce dbname=postgres target_session_attrs=read-write connect_timeout=3", s.dir, b.dir)
}

// Silence stops what sends to standbys: what is committed from now on they do not get.
func (s *Server) Silence() {
	s.t.Helper()
	n := 0
	for _, p := range children(s.cmd.Process.Pid) {
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p)); err == nil && strings.Contains(string(b), "walsender") && syscall.Kill(p, syscall.SIGSTOP) == nil {
			n++
		}
	}
	if n == 0 {
		s.t.Fatal("nothing sends to a standby")
	}
}

// Ask asks the server something by psql.
func (s *Server) Ask(text string) string {
	s.t.Helper()
	out, err := s.command("psql", "-h", s.dir, "-U", "truce", "-d", "postgres", "-XAtc", text).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", text, err, out)
	}
	return strings.TrimSpace(string(out))
}

// Kill kills the server with all its processes (SIGKILL): nothing is written any more.
func (s *Server) Kill() {
	s.t.Helper()
	pid := s.cmd.Process.Pid
	all := append([]int{pid}, children(pid)...)
	for _, p := range all {
		syscall.Kill(p, syscall.SIGKILL)
	}
	s.cmd.Wait()
	s.cmd = nil
}

// children are the processes that a process has started.
func children(pid int) (out []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range stats {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		// PID (NAME) STATE PARENT ...; a name may hold anything.
		_, rest, _ := strings.Cut(string(b[max(strings.LastIndexByte(string(b), ')'), 0):]), " ")
		var state string
		var child, parent int
		fmt.Sscan(filepath.Base(filepath.Dir(f)), &child)
		if n, _ := fmt.Sscan(rest, &state, &parent); n == 2 && parent == pid {
			out = append(out, child)
		}
	}
	return out
}

// Promote makes a standby take what is written, and waits until it does.
func (s *Server) Promote() time.Duration {
	s.t.Helper()
	began := time.Now()
	if out, err := s.command("pg_ctl", "promote", "-w", "-D", s.Folder()).CombinedOutput(); err != nil {
		text, _ := os.ReadFile(s.log.Name())
		s.t.Fatalf("pg_ctl promote: %v\n%s\n%s", err, out, text)
	}
	return time.Since(began)
}
