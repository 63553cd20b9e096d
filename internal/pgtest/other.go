//go:build !linux

package pgtest

import "testing"

// Server is a PostgreSQL that a test has to itself.
type Server struct {
	Address string
	GIS     bool
}

// Start skips the test: it is Debian's server that is started.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	t.Skip("SKIPPED: a PostgreSQL for tests is started on Linux only, so nothing was tried on it")
	return nil
}

// Run does nothing here.
func (s *Server) Run() {}

// Stop does nothing here.
func (s *Server) Stop() {}

// Folder is none here.
func (s *Server) Folder() string { return "" }
