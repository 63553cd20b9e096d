package mirror

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/time/rate"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/record"
)

// Options are how copies of other offices' logs are kept.
type Options struct {
	Dir  string                 // of the record
	Own  func() *journal.Reader // of its log
	Slog *slog.Logger
	Now  func() time.Time

	// Every is how often an office is asked for news; 0 is 5 s. On a slow link it is
	// ten times what the asking took.
	Every time.Duration
	// Patience is how long nothing may come before a connection is given up; 0 is
	// one minute.
	Patience time.Duration
	// In and Out are how many bytes a second may come from other offices and go to
	// them, all together; 0: as many as there are.
	In, Out float64
	// Reread is how often a part of each copy, 256 entries, is read again from the disk;
	// 0 is half a minute.
	Reread time.Duration
	// Only, where it is set, is the only peer that is asked.
	Only string

	// Mirrored is told when more of a log is here, with all payloads that are given
	// to us; nil: nobody is told.
	Mirrored func(ctx context.Context, l *Log) error
	// Halt is called where others hold more of the own log than is here, or another
	// history of it: nothing may be written any more.
	Halt func(error)
}

// Mirrors are the copies of the logs of other offices, and the links to them.
type Mirrors struct {
	o   Options
	id  *Identity
	own *shelf
	in  *rate.Limiter
	out *rate.Limiter

	mu       sync.Mutex
	peers    []Peer
	logs     map[string]*Log
	links    map[string]*line
	urgents  map[string]*urgent
	ofUs     map[string]OfUs // what others hold of the own log
	revoked  map[string]Quarantine
	revoking *revocations
	joining  joining
}

// joining is the last common order that was computed.
type joining struct {
	mu    sync.Mutex
	notes []noted
	read  int64 // of the own log
	key   string
	last  *Join
}

// line is the link to one peer, and how it is.
type line struct {
	*Link
	mu      sync.Mutex
	contact time.Time     // when it answered last
	tried   time.Time     // when it was asked last
	failed  string        // why it did not answer, or what went wrong
	skew    time.Duration // of its clock against ours
	took    time.Duration // a question and its answer
	before  time.Duration // the same, the time before
	meter   meter
}

// meter counts bytes, and how many a second came and went lately.
type meter struct {
	mu      sync.Mutex
	in, out int64
	began   time.Time
	last    [2]float64
	at      [2]int64
}

func (m *meter) add(in, out int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.in, m.out = m.in+int64(in), m.out+int64(out)
	now := time.Now()
	if m.began.IsZero() {
		m.began = now
	}
	if d := now.Sub(m.began); d > 10*time.Second {
		m.last = [2]float64{float64(m.in-m.at[0]) / d.Seconds(), float64(m.out-m.at[1]) / d.Seconds()}
		m.at, m.began = [2]int64{m.in, m.out}, now
	}
}

func (m *meter) read() (in, out int64, perSecond [2]float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.in, m.out, m.last
}

// OfUs is what another office holds of the own log.
type OfUs struct {
	Size   int64     // entries that it holds on disk, as it has cosigned
	At     time.Time // when it signed, by its clock
	Signed []byte
}

// Open opens the copies of all offices that a record knows.
func Open(o Options) (*Mirrors, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Slog == nil {
		o.Slog = slog.New(slog.DiscardHandler)
	}
	if o.Every == 0 {
		o.Every = 5 * time.Second
	}
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	if o.Reread == 0 {
		o.Reread = 30 * time.Second
	}
	id, err := ReadIdentity(o.Dir)
	if err != nil {
		return nil, err
	}
	m := &Mirrors{o: o, id: id, in: newLimiter(o.In), out: newLimiter(o.Out), logs: map[string]*Log{}, links: map[string]*line{}, urgents: map[string]*urgent{}, ofUs: map[string]OfUs{}, revoked: map[string]Quarantine{}}
	m.own = &shelf{origin: id.Office.Origin, dir: o.Dir, reader: o.Own, mine: true, urgent: &urgent{}}
	m.revoking = &revocations{m: m, at: map[string]int64{}}
	if m.peers, err = ReadPeers(o.Dir); err != nil {
		return nil, err
	}
	for _, p := range m.peers {
		if p.Origin == id.Office.Origin {
			continue // a machine that stands by for this office
		}
		l, err := openLog(filepath.Join(o.Dir, "peers"), p, id, o.Now)
		if err != nil {
			m.Close()
			return nil, err
		}
		l.rereadEvery = o.Reread
		m.logs[p.Origin], m.urgents[p.Origin] = l, &urgent{}
	}
	m.readOfUs()
	return m, m.revoking.read()
}

// Identity is by what this office proves who it is.
func (m *Mirrors) Identity() *Identity { return m.id }

// Own reads the own log.
func (m *Mirrors) Own() *journal.Reader { return m.o.Own() }

// Close closes the copies.
func (m *Mirrors) Close() error {
	var err error
	for _, l := range m.logs {
		err = errors.Join(err, l.Close())
	}
	return err
}

// Log is the copy of an office's log, or nil.
func (m *Mirrors) Log(origin string) *Log { return m.logs[origin] }

// Logs are all copies, by the names of their offices.
func (m *Mirrors) Logs() []*Log {
	var out []*Log
	for _, p := range m.peers {
		if l := m.logs[p.Origin]; l != nil {
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b *Log) int { return compareText(a.Origin(), b.Origin()) })
	return out
}

func compareText(a, b string) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

func (m *Mirrors) peer(origin string) (Peer, bool) {
	for _, p := range m.peers {
		if p.Origin == origin {
			return p, true
		}
	}
	return Peer{}, false
}

// shelves are the logs that are offered.
func (m *Mirrors) shelves() []*shelf {
	out := []*shelf{m.own}
	for _, l := range m.Logs() {
		out = append(out, &shelf{origin: l.Origin(), dir: l.dir, reader: l.Reader, urgent: m.urgents[l.Origin()]})
	}
	return out
}

// Start asks the offices that have an address, until the context ends. The
// channel is closed when the last has ended.
func (m *Mirrors) Start(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() { m.tell(ctx) })
	for _, p := range m.peers {
		if p.URL == "" || m.o.Only != "" && m.o.Only != p.Origin {
			continue
		}
		x := m.line(ctx, p)
		all.Go(func() { m.follow(ctx, x) })
	}
	go func() { all.Wait(); close(done) }()
	return done
}

// tell tells of what is held already: it may have come by stick, from an office that
// nobody can ask.
func (m *Mirrors) tell(ctx context.Context) {
	for _, l := range m.Logs() {
		if err := m.told(ctx, l); err != nil && ctx.Err() == nil {
			m.o.Slog.Error("what is held of an office cannot be noted", "office", l.Origin(), "error", err.Error())
		}
	}
}

func (m *Mirrors) told(ctx context.Context, l *Log) error {
	if m.o.Mirrored == nil {
		return nil
	}
	return m.o.Mirrored(ctx, l)
}

func (m *Mirrors) line(ctx context.Context, p Peer) *line {
	m.mu.Lock()
	defer m.mu.Unlock()
	if x := m.links[p.Origin]; x != nil {
		return x
	}
	x := &line{}
	x.Link = newLink(ctx, m.id, p, m.in, m.o.Patience, x.meter.add)
	m.links[p.Origin] = x
	return x
}

// backoff is how long an office is left alone that did not answer so many times.
func backoff(every time.Duration, failures int) time.Duration {
	return min(every<<min(failures, 5), max(time.Minute, every))
}

func (m *Mirrors) follow(ctx context.Context, x *line) {
	failures := 0
	for ctx.Err() == nil {
		err := m.visit(ctx, x)
		wait := max(m.o.Every, 10*x.rtt())
		if err != nil && ctx.Err() == nil {
			failures++
			wait = backoff(m.o.Every, failures)
			m.o.Slog.Warn("an office cannot be followed", "office", x.peer.Origin, "error", err.Error(), "again_in", wait.String())
		} else {
			failures = 0
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(wait, 10*time.Minute)):
		}
	}
}

// rtt is how long a question and its answer take: the shorter of the last two times, so
// that an office that stood still once is not left alone for long.
func (x *line) rtt() time.Duration {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.before > 0 {
		return min(x.took, x.before)
	}
	return x.took
}

// Pull asks an office once for everything it has, and returns when there is no
// more, or what stopped it.
func (m *Mirrors) Pull(ctx context.Context, origin string) error {
	p, ok := m.peer(origin)
	if !ok || p.URL == "" {
		return fmt.Errorf("no address of %q is known here", origin)
	}
	return m.visit(ctx, m.line(ctx, p))
}

// visit takes everything that an office has, the most urgent of all its logs first.
func (m *Mirrors) visit(ctx context.Context, x *line) (err error) {
	x.mu.Lock()
	x.tried = m.o.Now()
	x.mu.Unlock()
	defer func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.failed = ""
		if err != nil {
			x.failed = err.Error()
		}
	}()
	for more := true; more && err == nil; {
		more, err = m.round(ctx, x)
	}
	return err
}

// round takes what an office has until it is time to ask again what is urgent.
func (m *Mirrors) round(ctx context.Context, x *line) (more bool, err error) {
	h, skew, took, err := x.Hello(ctx, m.o.Now)
	if err != nil {
		return false, err
	}
	x.mu.Lock()
	x.contact, x.skew, x.took, x.before = m.o.Now(), skew, took, x.took
	x.mu.Unlock()
	bound, err := OpenBinding(h.Binding, x.peer.Office())
	if err != nil {
		return false, err
	}
	failed := m.askOfUs(ctx, x, h, bound) // what it says of us keeps nobody from taking what it has
	pulls := m.pullsOf(x, h)
	for _, upto := range []Rank{Procedure, Entries, Reports, SmallFiles, Files} {
		for _, p := range pulls {
			if p.over {
				continue
			}
			more, err := p.run(ctx, upto)
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			if err != nil {
				p.over = true // the others go on
				failed = errors.Join(failed, fmt.Errorf("%s: %w", p.peer.Origin, err))
			} else if more {
				return failed == nil, failed
			}
		}
	}
	return false, errors.Join(failed, m.revoking.read())
}

// pullsOf are the logs that an office offers and that are known here, its own
// first.
func (m *Mirrors) pullsOf(x *line, h Hello) []*pull {
	var out []*pull
	for _, offered := range h.Logs {
		l := m.logs[offered.Origin]
		if l == nil || offered.Origin == m.id.Office.Origin {
			continue
		}
		p := &pull{Log: l, from: &remote{Link: x.Link, log: offered.Origin, dir: filepath.Join(l.dir, partName)}, relay: offered.Origin != x.peer.Origin, every: max(m.o.Every, 10*x.rtt())}
		p.told = func(ctx context.Context) error { return m.told(ctx, l) }
		p.late = p.relay
		if p.relay {
			out = append(out, p)
		} else {
			out = append([]*pull{p}, out...)
		}
	}
	return out
}

// askOfUs learns what another office holds of the own log, and stops writing
// where that is more than is here, or something else.
func (m *Mirrors) askOfUs(ctx context.Context, x *line, h Hello, b Bound) error {
	own := m.o.Own()
	if own == nil || !slices.ContainsFunc(h.Logs, func(o Offered) bool { return o.Origin == own.Office.Origin }) {
		return nil
	}
	signed, err := x.Cosigned(ctx, own.Office.Origin)
	if err != nil {
		return nil // it holds nothing that it could sign for yet
	}
	key, err := fnote.NewVerifierForCosignatureV1(b.Mirror)
	if err != nil {
		return err
	}
	c, sigs, err := record.OpenCheckpoint(signed, own.Office.Origin, own.Verifier(), key)
	if err != nil {
		return fmt.Errorf("what %s holds of this log is not signed by it: %w", x.peer.Origin, err)
	}
	if len(sigs) == 0 {
		return fmt.Errorf("%s does not sign for what it holds of this log", x.peer.Origin)
	}
	own = m.o.Own() // it may have grown
	switch root, rerr := own.RootAt(min(c.Size, own.Size())); {
	case rerr != nil:
		return rerr
	case c.Size > own.Size():
		m.halt(&journal.RolledBack{Known: c, Size: own.Size()}, signed)
	case root != c.Root:
		m.halt(&journal.Forked{Known: c, Here: root}, signed)
	default:
		at, _ := fnote.CoSigV1Timestamp(sigs[0])
		return m.keepOfUs(x.peer.Origin, OfUs{c.Size, at.UTC(), signed})
	}
	return nil
}

// halt stops writing, and keeps what others know: opening the record asks for it.
func (m *Mirrors) halt(err error, signed []byte) {
	dir := filepath.Join(m.o.Dir, "known")
	if own, oerr := ownPart(signed, m.o.Own().Verifier()); oerr == nil && os.MkdirAll(dir, 0o755) == nil {
		if c, cerr := journal.ReadCheckpoint(own, m.id.Office); cerr == nil {
			if werr := replace(filepath.Join(dir, fmt.Sprintf("%d-%s.ckpt", c.Size, c.Root.Hex()[:8])), own); werr != nil {
				m.o.Slog.Error("what others know of this log cannot be kept", "error", werr.Error())
			}
		}
	}
	m.o.Slog.Error("this record is not written to any more", "because", err.Error())
	if m.o.Halt != nil {
		m.o.Halt(err)
	}
}

// keepOfUs keeps what another office has signed for, where cosignatures are kept.
func (m *Mirrors) keepOfUs(origin string, u OfUs) error {
	m.mu.Lock()
	if m.ofUs[origin].Size >= u.Size {
		m.mu.Unlock()
		return nil
	}
	m.ofUs[origin] = u
	m.mu.Unlock()
	dir := filepath.Join(m.o.Dir, "peers", "of-us")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return replace(filepath.Join(dir, Folder(origin)), u.Signed)
}

func (m *Mirrors) readOfUs() {
	own := m.o.Own()
	if own == nil {
		return
	}
	for _, p := range m.peers {
		b, err := os.ReadFile(filepath.Join(m.o.Dir, "peers", "of-us", Folder(p.Origin)))
		if err != nil {
			continue
		}
		if c, err := journal.ReadCheckpoint(b, own.Office); err == nil && c.Size <= own.Size() {
			m.ofUs[p.Origin] = OfUs{Size: c.Size, Signed: b}
		}
	}
}

// MirroredSize is how many entries of the own log at least one other office holds.
func (m *Mirrors) MirroredSize() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := int64(0)
	for _, u := range m.ofUs {
		n = max(n, u.Size)
	}
	return n
}

// MirroredCheckpoint is the largest checkpoint of the own log that another office
// holds, signed by both; nil where there is none. With no other office known that
// could hold it, known is false.
func (m *Mirrors) MirroredCheckpoint() (signed []byte, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := int64(-1)
	for _, u := range m.ofUs {
		if u.Size > n {
			n, signed = u.Size, u.Signed
		}
	}
	return signed, len(m.peers) > 0
}

// Server answers other offices on a listener, with TLS.
func (m *Mirrors) Server(ctx context.Context) *http.Server {
	return &http.Server{
		Handler: m.Handler(), TLSConfig: m.id.ServerTLS(), ReadHeaderTimeout: 2 * m.o.Patience, IdleTimeout: 15 * time.Minute, MaxHeaderBytes: 1 << 15,
		ErrorLog: slog.NewLogLogger(m.o.Slog.Handler(), slog.LevelDebug),
	}
}

// Listener limits what goes out over a listener's connections.
func (m *Mirrors) Listener(ctx context.Context, l net.Listener) net.Listener {
	return &limitedListener{l, ctx, m.out, m.o.Patience}
}

type limitedListener struct {
	net.Listener
	ctx      context.Context
	limit    *rate.Limiter
	patience time.Duration
}

func (l *limitedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &limited{Conn: c, ctx: l.ctx, limit: l.limit, patience: max(15*time.Minute, l.patience)}, nil
}
