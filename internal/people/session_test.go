package people

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestBesideEachOther: a request that is under way undoes nothing of what others of
// its session do meanwhile: not what they put into it, and not that it was ended.
func TestBesideEachOther(t *testing.T) {
	o := newOffice(t)
	o.People.o.From = func(r *http.Request) string { return r.Header.Get("X-Test-From") }
	begun, goOn := make(chan bool), make(chan bool)
	mux := http.NewServeMux()
	o.Routes(mux)
	mux.HandleFunc("/me", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, WhoOf(r.Context()).Role+" "+WhoOf(r.Context()).Party)
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) { begun <- true; <-goOn })
	mux.HandleFunc("/put", func(w http.ResponseWriter, r *http.Request) { o.sessions.Put(r.Context(), inCeremony, "asked") })
	mux.HandleFunc("/got", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, o.sessions.GetString(r.Context(), inCeremony))
	})
	s := httptest.NewServer(o.Identify(mux))
	t.Cleanup(s.Close)
	b := newBrowser(t, s, "1.2.3.4")
	o.ready(t, b, "adm", "administrator", "")
	_, me := b.do("GET", "/me", nil)
	if me == " " {
		t.Fatal("nobody is signed in")
	}
	beside := func(do func()) {
		done := make(chan bool)
		go func() { b.do("GET", "/slow", nil); done <- true }()
		<-begun
		do()
		goOn <- true
		<-done
	}
	beside(func() { b.do("GET", "/put", nil) })
	if _, got := b.do("GET", "/got", nil); got != "asked" {
		t.Errorf("what was put beside a slow request is %q", got)
	}
	cookies := b.http.Jar
	beside(func() { b.do("POST", "/sign-out", nil) })
	b.http.Jar = cookies
	if _, got := b.do("GET", "/me", nil); got == me {
		t.Error("a session that was signed out of came back")
	}
	var n int
	if err := o.sec.db.QueryRow("SELECT count(*) FROM session WHERE data LIKE '%account%'").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d sessions of an account are kept after signing out, %v", n, err)
	}
}
