package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// What comes thick is read here without asking what types look like: reports and
// signed entries in their plain form. Whatever is not wholly so, and whatever is
// refused, goes the way of all requests, which says what is wrong with it: so that
// there is one set of rules, and of answers.

// maxQuick bounds a body that is read at once, in bytes.
const maxQuick = 256 << 10

const quickReports, quickSigned = "/api/reports", "/api/signed"

func isQuick(path string) bool { return path == quickReports || path == quickSigned }

// quick answers a submission in its plain form; false where it did not, and then the
// request is as it was.
func (s *Server) quick(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost || !isQuick(r.URL.Path) || r.ContentLength <= 0 || r.ContentLength > maxQuick {
		return false
	}
	if accept := r.Header["Accept"]; len(accept) > 1 || len(accept) == 1 && accept[0] != "*/*" && accept[0] != "application/json" {
		return false
	}
	body := make([]byte, r.ContentLength)
	n, err := io.ReadFull(r.Body, body)
	r.Body = rest{io.MultiReader(bytes.NewReader(body[:n]), r.Body), r.Body}
	if err != nil || !utf8.Valid(body) {
		return false
	}
	out, err := (*acceptedOutput)(nil), errNotPlain
	p := &plain{b: body}
	if r.URL.Path == quickReports {
		if in := p.report(); in != nil {
			out, err = s.report(r.Context(), in)
		}
	} else if in := p.signed(); in != nil {
		out, err = s.signed(r.Context(), in)
	}
	if err != nil {
		return false
	}
	b, err := json.Marshal(&out.Body)
	if err != nil {
		return false
	}
	h := w.Header()
	h["Content-Type"], h["Location"] = jsonType, []string{out.Location}
	w.WriteHeader(out.Status)
	w.Write(append(b, '\n')) // a client that has gone asks again
	return true
}

var (
	jsonType    = []string{"application/json"}
	errNotPlain = huma.Error422UnprocessableEntity("")
)

// rest is a body of which a part was read already.
type rest struct {
	io.Reader
	io.Closer
}

// plain reads JSON of a known form. Once it has met anything else it has failed.
type plain struct {
	b      []byte
	i      int
	failed bool
}

// report reads a report; nil where it is not in the plain form.
func (p *plain) report() *ReportIn {
	in := &ReportIn{}
	texts := map[string]*string{"id": &in.ID, "made": &in.Made, "format": &in.Format, "source": &in.Source, "note": &in.Note, "language": &in.Language, "marking": &in.Marking, "party": &in.Party}
	p.object(func(key string) {
		switch to := texts[key]; {
		case to != nil:
			*to = p.text()
			delete(texts, key) // a second one is no plain form
		case key == "row" && in.Row == nil:
			in.Row = p.texts()
		case key == "markings" && in.Markings == nil:
			in.Markings = p.texts()
		default:
			p.failed = true
		}
	})
	switch in.Marking {
	case "public", "parties", "mission", "restricted":
	default:
		p.failed = p.failed || texts["marking"] == nil
	}
	if !p.done() || texts["id"] != nil || len(in.Language) > 20 {
		return nil
	}
	return in
}

// signed reads signed entries; nil where they are not in the plain form.
func (p *plain) signed() (in []SignedIn) {
	p.object(func(key string) {
		if key != "entries" || in != nil {
			p.failed = true
			return
		}
		p.array(func() {
			x, seen := SignedIn{}, 0
			p.object(func(key string) {
				at := map[string]int{"entry": 1, "salt": 2, "payload": 4}[key]
				p.failed = p.failed || at == 0 || seen&at != 0
				seen |= at
				switch key {
				case "entry":
					x.Entry = p.text()
				case "salt":
					x.Salt = p.bytes()
				case "payload":
					x.Payload = p.bytes()
				}
			})
			p.failed = p.failed || seen&1 == 0
			in = append(in, x)
		})
	})
	if !p.done() || len(in) == 0 || len(in) > 1000 {
		return nil
	}
	return in
}

// done reports whether all was read, and nothing else was there.
func (p *plain) done() bool {
	p.space()
	return !p.failed && p.i == len(p.b)
}

func (p *plain) space() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\n' || p.b[p.i] == '\t' || p.b[p.i] == '\r') {
		p.i++
	}
}

// next reports whether a sign is next, and takes it.
func (p *plain) next(c byte) bool {
	p.space()
	if p.failed || p.i == len(p.b) || p.b[p.i] != c {
		return false
	}
	p.i++
	return true
}

func (p *plain) want(c byte) { p.failed = !p.next(c) || p.failed }

// object calls f with each key; f reads the value.
func (p *plain) object(f func(key string)) {
	p.list('{', '}', func() {
		key := p.text()
		if p.want(':'); !p.failed {
			f(key)
		}
	})
}

func (p *plain) array(f func()) { p.list('[', ']', f) }

func (p *plain) list(open, end byte, f func()) {
	if p.want(open); p.failed || p.next(end) {
		return
	}
	for !p.failed {
		if f(); p.failed || p.next(end) {
			return
		}
		p.want(',')
	}
}

// texts reads an object of texts.
func (p *plain) texts() map[string]string {
	out := make(map[string]string, 12)
	p.object(func(key string) {
		_, twice := out[key]
		p.failed = p.failed || twice
		out[key] = p.text()
	})
	return out
}

// bytes reads base64; empty ones are no plain form.
func (p *plain) bytes() []byte {
	b, err := base64.StdEncoding.DecodeString(p.text())
	p.failed = p.failed || err != nil || len(b) == 0
	return b
}

// escaped are the signs that stand behind a backslash, but \u.
var escaped = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// text reads a text.
func (p *plain) text() string {
	if p.want('"'); p.failed {
		return ""
	}
	var unescaped []byte // what was read, where there is an escape in it
	from := p.i
	for ; p.i < len(p.b); p.i++ {
		switch c := p.b[p.i]; {
		case c == '"':
			s := p.b[from:p.i]
			if p.i++; unescaped != nil {
				s = append(unescaped, s...)
			}
			return string(s)
		case c < ' ':
			p.failed = true
			return ""
		case c == '\\':
			unescaped = append(unescaped, p.b[from:p.i]...)
			p.i++
			if p.i == len(p.b) || escaped[p.b[p.i]] == 0 {
				p.failed = true
				return ""
			}
			unescaped, from = append(unescaped, escaped[p.b[p.i]]), p.i+1
		}
	}
	p.failed = true
	return ""
}
