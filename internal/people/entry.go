package people

import (
	"fmt"

	"github.com/truce-project/truce/internal/journal"
	"github.com/truce-project/truce/rights"
)

// Document is an entry of the record as rights see it: what it says of itself,
// and who wrote it. Whose it is follows from the author where that is a delegate,
// whatever the payload says.
func (p *People) Document(r *journal.Reader, index int64) (rights.Document, error) {
	e, err := r.Entry(index)
	if err != nil {
		return rights.Document{}, err
	}
	pay, err := r.Payload(index)
	if err != nil {
		return rights.Document{}, err
	}
	body := pay.Bytes
	if len(body) == 0 {
		body = []byte("{}")
	}
	d, err := p.o.Table.DocumentOf(e.Envelope.Kind, e.Envelope.ID, body)
	if err != nil {
		return d, err
	}
	if a, ok := p.dir.ByKey(e.Envelope.Author); ok {
		d.Account = a.ID
		if a.Party != "" {
			d.Party = a.Party
		}
	}
	return d, nil
}

// Why says what somebody sees of an entry and why, by its id. It names what the
// other does not see: it is for whoever may see the whole entry.
func (p *People) Why(r *journal.Reader, who Who, id string) ([]string, error) {
	i, ok, err := r.Find(id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("there is no entry %s", id)
	}
	d, err := p.Document(r, i)
	if err != nil {
		return nil, err
	}
	return p.o.Table.ExplainDocument(who, d), nil
}
