package sqltest

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// postgres starts a PostgreSQL of its own in a folder that is thrown away, on
// a socket in it: no port, no cluster of the machine is touched.
func postgres(t *testing.T) *sql.DB {
	t.Helper()
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	extensions, _ := filepath.Glob("/usr/share/postgresql/*/extension/postgis.control")
	if len(bins) == 0 || len(extensions) == 0 {
		t.Skip("SKIPPED: PostgreSQL with PostGIS is not here (Debian: postgresql-15-postgis-3), so no statement was run on it")
	}
	bin := filepath.Join("/usr/lib/postgresql", filepath.Base(filepath.Dir(filepath.Dir(extensions[len(extensions)-1]))), "bin")
	dir, err := os.MkdirTemp("", "truce-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	who := unprivileged(t, dir)
	data := filepath.Join(dir, "data")
	run := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: who, Pdeathsig: syscall.SIGQUIT}
		return cmd
	}
	if out, err := run("initdb", "-D", data, "-U", "truce", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	server := run("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "jit=off", "-c", "statement_timeout=240s", "-c", "work_mem=64MB", "-c", "shared_buffers=256MB")
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Signal(syscall.SIGINT)
		server.Wait()
		log.Close()
	})
	db, err := sql.Open("pgx", "host="+dir+" user=truce dbname=postgres")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for i := 0; ; i++ {
		if err = db.Ping(); err == nil {
			break
		}
		if i == 100 {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("PostgreSQL does not answer: %v\n%s", err, text)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if _, err := db.Exec("CREATE EXTENSION postgis"); err != nil {
		t.Fatal(err)
	}
	var version string
	if err := db.QueryRow("SELECT version() || ', PostGIS ' || postgis_lib_version()").Scan(&version); err != nil {
		t.Fatal(err)
	}
	t.Log(version)
	return db
}

// unprivileged gives the folder to a user who may run a server: the server
// refuses to be run by root.
func unprivileged(t *testing.T, dir string) *syscall.Credential {
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

// loadPostgres copies a file of events into a table.
func loadPostgres(db *sql.DB) func(t *testing.T, rows [][]string) {
	return func(t *testing.T, rows [][]string) {
		t.Helper()
		cols, marks := "", ""
		for i, c := range rows[0] {
			if i > 0 {
				cols, marks = cols+", ", marks+", "
			}
			cols, marks = cols+c+" TEXT", marks+fmt.Sprintf("$%d::TEXT[]", i+1)
		}
		if _, err := db.Exec("DROP TABLE IF EXISTS events; CREATE TABLE events (" + cols + ")"); err != nil {
			t.Fatal(err)
		}
		const batch = 10_000
		for at := 1; at < len(rows); at += batch {
			part := rows[at:min(at+batch, len(rows))]
			args := make([]any, len(rows[0]))
			for c := range args {
				list := make([]string, len(part))
				for i, r := range part {
					list[i] = r[c]
				}
				args[c] = list
			}
			if _, err := db.Exec("INSERT INTO events SELECT * FROM UNNEST("+marks+")", args...); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Exec("ANALYZE events"); err != nil {
			t.Fatal(err)
		}
	}
}
