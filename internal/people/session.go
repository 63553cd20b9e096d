package people

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// inOrder writes sessions as JSON, members in the order of their names: the same
// session is the same bytes, and what is on disk can be read without this program.
type inOrder struct{}

type session struct {
	Until  time.Time      `json:"until"`
	Values map[string]any `json:"values"`
}

// Encode writes texts and whole numbers; sessions hold nothing else.
func (inOrder) Encode(until time.Time, values map[string]any) ([]byte, error) {
	for name, v := range values {
		switch v.(type) {
		case string, int64:
		default:
			return nil, fmt.Errorf("session: %s is of type %T", name, v)
		}
	}
	return json.Marshal(session{until.UTC(), values})
}

// Decode reads what Encode wrote. What cannot be read, such as a session of an
// older version, is one in which nobody has signed in.
func (inOrder) Decode(b []byte) (time.Time, map[string]any, error) {
	var s session
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if d.Decode(&s) != nil || s.Values == nil {
		return time.Now().Add(sessionLife), map[string]any{}, nil
	}
	for name, v := range s.Values {
		switch x := v.(type) {
		case string:
		case json.Number:
			n, err := x.Int64()
			if err != nil {
				delete(s.Values, name)
				continue
			}
			s.Values[name] = n
		default:
			delete(s.Values, name)
		}
	}
	return s.Until, s.Values, nil
}

// visit is one request as its session sees it: what was found of the session, and what
// the browser calls itself.
type visit struct {
	token string // hashed
	data  []byte
	agent string
}

type visitKey struct{}

// visiting makes a visit of a request, before its session is read.
func visiting(r *http.Request) *http.Request {
	agent := strings.ToValidUTF8(r.UserAgent(), "?")
	if len(agent) > 200 {
		agent = strings.ToValidUTF8(agent[:200], "")
	}
	if agent == "" {
		agent = "?"
	}
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, &visit{agent: agent}))
}

// visitOf is the visit that a context is of; nil: none, as where a stream asks again.
func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}
