package people

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/truce-project/truce/record"
)

// Opening is what the neutral keeps of a sealed annex, away from the record: the
// objects with their salts. Whoever has it has the list of sites.
type Opening struct {
	Annex   string            `json:"annex"`
	Objects map[string][]byte `json:"objects"` // id of an object, salt
}

// Seal makes a sealed annex: what goes into the record, and what the neutral
// keeps. The record tells how many objects there are and nothing else; empty adds
// as many commitments to nothing as are asked for, so that not even that is told.
func Seal(rand io.Reader, annex, holder string, objects []string, empty int) (record.AnnexSealEntry, Opening, error) {
	e, o := record.AnnexSealEntry{Annex: annex, Holder: holder}, Opening{Annex: annex, Objects: map[string][]byte{}}
	for i := range len(objects) + max(empty, 0) {
		var salt [record.SaltSize]byte
		if _, err := io.ReadFull(rand, salt[:]); err != nil {
			return e, o, err
		}
		var body []byte
		if i < len(objects) {
			if objects[i] == "" || o.Objects[objects[i]] != nil {
				return e, o, fmt.Errorf("object %d: %q is empty or stands twice", i+1, objects[i])
			}
			body, o.Objects[objects[i]] = []byte(objects[i]), bytes.Clone(salt[:])
		}
		e.Objects = append(e.Objects, record.Commit(salt, body).Hex())
	}
	slices.Sort(e.Objects)
	return e, o, nil
}

// Holds answers whether an object is in a sealed annex. It is an error where the
// opening is not that of the seal: then nothing is answered.
func (o *Opening) Holds(seal *record.AnnexSealEntry, object string) (bool, error) {
	if o.Annex != seal.Annex {
		return false, fmt.Errorf("the opening is of annex %s, the seal of %s", o.Annex, seal.Annex)
	}
	found := false
	for id, s := range o.Objects {
		if len(s) != record.SaltSize || !slices.Contains(seal.Objects, record.Commit([record.SaltSize]byte(s), []byte(id)).Hex()) {
			return false, errors.New("the opening holds an object that was not sealed")
		}
		found = found || id == object
	}
	return found, nil
}

// Answer is the neutral's answer whether one object is in a sealed annex. That it
// was asked is in the record before; which object is not.
func (p *People) Answer(ctx context.Context, who Who, sealEntry string, seal *record.AnnexSealEntry, opening *Opening, object, purpose string) (bool, error) {
	if err := p.Do(ctx, who, "answer", purpose, Object{Thing: "annex", ID: sealEntry}); err != nil {
		return false, err
	}
	return opening.Holds(seal, object)
}

// ReadOpening reads an opening that was kept as JSON.
func ReadOpening(b []byte) (*Opening, error) {
	var o Opening
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return nil, fmt.Errorf("not the opening of an annex: %w", err)
	}
	return &o, nil
}
