package mirror

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Below /peer/ an office answers others. LOG is the SHA-256 of an origin, of its
// own log or of one that it mirrors.
//
//	/peer/hello                     who answers, what time it is there, what it has
//	/peer/LOG/checkpoint, tile/...  as tlog-tiles has them
//	/peer/LOG/cosigned              the checkpoint with this office's cosignature as a mirror
//	/peer/LOG/payloads?i=5,7,9-20   payloads with their salts, as frames
//	/peer/LOG/payload/5             one, as bytes: salt, payload; Range goes
//	/peer/LOG/blob/HASH?i=5         a file of entry 5; Range goes
//	/peer/LOG/urgent?from=300       hotline messages from there on, each with its proof

// Hello is what an office says of itself.
type Hello struct {
	Office  journal.Office `json:"office"`
	Now     time.Time      `json:"now"`
	Binding []byte         `json:"binding"`
	Logs    []Offered      `json:"logs"`
}

// Offered is a log that can be asked for.
type Offered struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"`
}

// Frame is a payload on its way.
type Frame struct {
	Index int64
	State FrameState
	journal.Payload
}

// FrameState says why a frame carries no payload, or that it does.
type FrameState byte

// States of frames.
const (
	FrameHere FrameState = iota
	FrameMissing
	FrameWithheld
	FrameErased
	FrameLarge // to be asked for by itself
)

// framed is from which length on a payload is asked for by itself, in bytes.
const framed = 64 << 10

// answerSize is about how much one answer carries, in bytes: what is more urgent
// waits no longer than that takes.
const answerSize = 128 << 10

func (f Frame) write(w io.Writer) error {
	b := binary.BigEndian.AppendUint64(nil, uint64(f.Index))
	b = append(b, byte(f.State))
	if f.State == FrameHere {
		b = append(b, f.Salt[:]...)
		b = binary.BigEndian.AppendUint32(b, uint32(len(f.Bytes)))
		b = append(b, f.Bytes...)
	}
	_, err := w.Write(b)
	return err
}

// readFrame reads a frame; io.EOF where there is none.
func readFrame(r *bufio.Reader) (Frame, error) {
	var head [9]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Frame{}, err
	}
	f := Frame{Index: int64(binary.BigEndian.Uint64(head[:])), State: FrameState(head[8])}
	if f.State > FrameLarge || f.Index < 0 {
		return f, errors.New("not a frame of a payload")
	}
	if f.State != FrameHere {
		return f, nil
	}
	var length [4]byte
	if _, err := io.ReadFull(r, f.Salt[:]); err != nil {
		return f, io.ErrUnexpectedEOF
	}
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return f, io.ErrUnexpectedEOF
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > record.MaxPayload {
		return f, errors.New("not a frame of a payload: too long")
	}
	f.Bytes = make([]byte, n)
	if _, err := io.ReadFull(r, f.Bytes); err != nil {
		return f, io.ErrUnexpectedEOF
	}
	return f, nil
}

// shelf is one log that is offered.
type shelf struct {
	origin string
	dir    string // of the record or copy
	reader func() *journal.Reader
	mine   bool // this office's own
	*urgent
}

// urgent are the places of hotline messages, found as the log grows.
type urgent struct {
	mu     sync.Mutex
	began  bool
	to     int64
	places []int64
}

// from lists the places from one on.
func (u *urgent) from(r *journal.Reader, from int64) ([]int64, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.began || from < u.to && len(u.places) == 0 {
		u.began, u.to, u.places = true, from, nil
	}
	for u.to < r.Size() {
		e, err := r.Entry(u.to)
		if err != nil {
			return nil, err
		}
		if RankOf(e.Envelope.Kind) == Hotline && e.Envelope.Kind != "mirror@1" && e.Envelope.Kind != record.KindClock {
			u.places = append(u.places, u.to)
		}
		u.to++
	}
	var out []int64
	for _, i := range u.places {
		if i >= from {
			out = append(out, i)
		}
	}
	return out, nil
}

// asker is who asks.
type asker struct{ Peer }

// Handler answers other offices. Who is not known, or whose key was revoked, gets
// nothing.
func (m *Mirrors) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /peer/hello", m.with(m.hello))
	mux.HandleFunc("GET /peer/{log}/checkpoint", m.with(m.tile))
	mux.HandleFunc("GET /peer/{log}/tile/", m.with(m.tile))
	mux.HandleFunc("GET /peer/{log}/cosigned", m.with(m.cosigned))
	mux.HandleFunc("GET /peer/{log}/payloads", m.with(m.payloads))
	mux.HandleFunc("GET /peer/{log}/payload/{i}", m.with(m.payload))
	mux.HandleFunc("GET /peer/{log}/blob/{hash}", m.with(m.blob))
	mux.HandleFunc("GET /peer/{log}/urgent", m.with(m.urgent))
	return mux
}

func refused(w http.ResponseWriter, status int, format string, args ...any) {
	http.Error(w, fmt.Sprintf(format, args...), status)
}

func (m *Mirrors) with(h func(http.ResponseWriter, *http.Request, asker)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		who, err := m.who(r)
		if err != nil {
			m.o.Slog.Warn("an office was refused", "from", r.RemoteAddr, "because", err.Error())
			refused(w, http.StatusForbidden, "%v", err)
			return
		}
		h(w, r, who)
	}
}

// who finds out which office asks.
func (m *Mirrors) who(r *http.Request) (asker, error) {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return asker{}, errors.New("offices show a certificate")
	}
	origin, _, err := claimed(r.TLS.PeerCertificates[0])
	if err != nil {
		return asker{}, err
	}
	p, ok := m.peer(origin)
	if !ok {
		return asker{}, fmt.Errorf("the office %q is not known here: truce peer add makes it known", origin)
	}
	if q, ok := m.quarantine(origin); ok {
		return asker{}, fmt.Errorf("the key of %s was revoked by entry %s: %s", origin, q.Entry, q.Reason)
	}
	_, err = proves(r.TLS.PeerCertificates[0], p.Office())
	return asker{p}, err
}

func (m *Mirrors) hello(w http.ResponseWriter, r *http.Request, _ asker) {
	h := Hello{Office: m.id.Office, Now: m.o.Now().UTC(), Binding: m.id.Binding}
	for _, s := range m.shelves() {
		if rd := s.reader(); rd != nil {
			h.Logs = append(h.Logs, Offered{s.origin, rd.Size()})
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(h)
}

// shelf finds the log that is asked for.
func (m *Mirrors) shelf(w http.ResponseWriter, r *http.Request) *shelf {
	for _, s := range m.shelves() {
		if ID(s.origin) == r.PathValue("log") {
			if s.reader() == nil {
				break
			}
			return s
		}
	}
	refused(w, http.StatusNotFound, "no such log here")
	return nil
}

func (m *Mirrors) tile(w http.ResponseWriter, r *http.Request, _ asker) {
	s := m.shelf(w, r)
	if s == nil {
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/peer/"+r.PathValue("log")+"/")
	if name != path.Clean(name) || name != "checkpoint" && !strings.HasPrefix(name, "tile/") {
		refused(w, http.StatusNotFound, "expected checkpoint or tile/...")
		return
	}
	m.file(w, r, s, "log/"+name)
}

// file serves a file below the folder of a log.
func (m *Mirrors) file(w http.ResponseWriter, r *http.Request, s *shelf, name string) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		refused(w, http.StatusInternalServerError, "cannot be read")
		return
	}
	defer root.Close()
	f, err := root.Open(name)
	var info fs.FileInfo
	if err == nil {
		defer f.Close()
		info, err = f.Stat()
	}
	if err != nil || !info.Mode().IsRegular() {
		refused(w, http.StatusNotFound, "not here")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, f)
}

func (m *Mirrors) cosigned(w http.ResponseWriter, r *http.Request, _ asker) {
	if s := m.shelf(w, r); s != nil && !s.mine {
		m.file(w, r, s, cosignedName)
	} else if s != nil {
		refused(w, http.StatusNotFound, "an office does not cosign its own log")
	}
}

// indexes reads a list such as 5,7,9-20.
func indexes(text string, size int64) ([]int64, error) {
	var out []int64
	for _, part := range strings.Split(text, ",") {
		a, b, ranged := strings.Cut(part, "-")
		from, err := strconv.ParseInt(a, 10, 64)
		to := from
		if err == nil && ranged {
			to, err = strconv.ParseInt(b, 10, 64)
		}
		if err != nil || from < 0 || to < from || to >= size || to-from > 4096 || len(out) > 4096 {
			return nil, fmt.Errorf("%q: expected places below %d, such as 5,7,9-20", part, size)
		}
		for i := from; i <= to; i++ {
			out = append(out, i)
		}
	}
	return out, nil
}

// frame is what somebody is given of an entry.
func (s *shelf) frame(rd *journal.Reader, i int64, who asker) (Frame, error) {
	f := Frame{Index: i}
	e, err := rd.Entry(i)
	if err != nil {
		return f, err
	}
	p, err := rd.Payload(i)
	switch {
	case errors.Is(err, record.ErrErased):
		f.State = FrameErased
		return f, nil
	case errors.Is(err, record.ErrAbsent):
		f.State = FrameMissing
		return f, nil
	case err != nil:
		return f, err
	}
	if who.Origin != s.origin && !Allows(who.may(), MarkingOf(e.Envelope.Kind, p.Bytes)) {
		f.State = FrameWithheld
		return f, nil
	}
	f.Payload = p
	return f, nil
}

func (m *Mirrors) payloads(w http.ResponseWriter, r *http.Request, who asker) {
	s := m.shelf(w, r)
	if s == nil {
		return
	}
	rd := s.reader()
	is, err := indexes(r.FormValue("i"), rd.Size())
	if err != nil {
		refused(w, http.StatusBadRequest, "%v", err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	sent := 0
	for _, i := range is {
		f, err := s.frame(rd, i, who)
		if err != nil {
			m.o.Slog.Error("a payload cannot be read", "log", s.origin, "entry", i, "error", err.Error())
			f = Frame{Index: i, State: FrameMissing}
		}
		if f.State == FrameHere && len(f.Bytes) > framed {
			f.State = FrameLarge
		}
		if f.State == FrameHere && sent > 0 && sent+len(f.Bytes) > answerSize {
			return // the rest is asked for again
		}
		if f.write(w) != nil {
			return
		}
		sent += len(f.Bytes) + 64
	}
}

func (m *Mirrors) payload(w http.ResponseWriter, r *http.Request, who asker) {
	s := m.shelf(w, r)
	if s == nil {
		return
	}
	i, err := strconv.ParseInt(r.PathValue("i"), 10, 64)
	var f Frame
	if err == nil {
		f, err = s.frame(s.reader(), i, who)
	}
	if err != nil || f.State != FrameHere {
		refused(w, http.StatusNotFound, "not here, or not for %s", who.Origin)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(f.Salt[:])+string(f.Bytes)))
}

// blob serves a file of an entry whose payload the other may have.
func (m *Mirrors) blob(w http.ResponseWriter, r *http.Request, who asker) {
	s := m.shelf(w, r)
	if s == nil {
		return
	}
	h, err := record.ParseHash(r.PathValue("hash"))
	i, ierr := strconv.ParseInt(r.FormValue("i"), 10, 64)
	rd := s.reader()
	if err != nil || ierr != nil {
		refused(w, http.StatusBadRequest, "expected blob/HASH?i=ENTRY")
		return
	}
	e, err := rd.Entry(i)
	if err != nil || !names(e.Envelope, h) {
		refused(w, http.StatusNotFound, "entry %d names no such file", i)
		return
	}
	f, err := s.frame(rd, i, who)
	switch {
	case err != nil:
		refused(w, http.StatusInternalServerError, "entry %d cannot be read", i)
		return
	case f.State == FrameWithheld:
		refused(w, http.StatusForbidden, "not for %s", who.Origin)
		return
	case f.State == FrameErased:
		refused(w, http.StatusGone, "it was erased")
		return
	}
	m.file(w, r, s, "blob/"+h.Hex()[:2]+"/"+h.Hex()[2:])
}

func names(e *record.Envelope, h record.Hash) bool {
	for _, b := range e.Blobs {
		if b == h {
			return true
		}
	}
	return false
}

// Ahead is a message that comes before its turn, with the proof that it is in the
// log.
type Ahead struct {
	Index   int64         `json:"index"`
	Entry   []byte        `json:"entry"`
	Path    []record.Hash `json:"path"`
	Salt    []byte        `json:"salt,omitempty"`
	Payload []byte        `json:"payload,omitempty"`
}

// Aheads is an answer with several, all in the log of one checkpoint.
type Aheads struct {
	Checkpoint []byte  `json:"checkpoint"`
	Messages   []Ahead `json:"messages"`
}

// mostAhead is how many messages one answer carries.
const mostAhead = 32

func (m *Mirrors) urgent(w http.ResponseWriter, r *http.Request, who asker) {
	s := m.shelf(w, r)
	if s == nil {
		return
	}
	rd := s.reader()
	from, err := strconv.ParseInt(r.FormValue("from"), 10, 64)
	if err != nil || from < 0 {
		refused(w, http.StatusBadRequest, "expected from=PLACE")
		return
	}
	out := Aheads{Checkpoint: rd.Signed}
	places, err := s.urgent.from(rd, from)
	for _, i := range places {
		if err != nil || len(out.Messages) == mostAhead {
			break
		}
		var f Frame
		if f, err = s.frame(rd, i, who); err != nil || f.State != FrameHere || len(f.Bytes) > framed {
			continue
		}
		a := Ahead{Index: i, Salt: f.Salt[:], Payload: f.Bytes}
		e, eerr := rd.Entry(i)
		path, perr := rd.Path(i)
		if err = errors.Join(eerr, perr); err == nil {
			a.Entry, a.Path = e.Bytes, path
			out.Messages = append(out.Messages, a)
		}
	}
	if err != nil {
		refused(w, http.StatusInternalServerError, "the log cannot be read")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(out)
}
