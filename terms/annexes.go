package terms

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/truce-project/truce/where"
)

func (p *reader) annexes(v *value) {
	if v == nil {
		return
	}
	if v.kind != mapping {
		p.errorf(v.pos, "expected annexes: {NAME: file.csv}")
		return
	}
	for _, k := range v.keys {
		f := k.val
		a := &Annex{ID: k.name, Pos: k.pos}
		if f.kind == mapping {
			a.Published = p.moment(f.get("published"), "published", true)
			f = f.get("file")
		}
		a.File = f.str()
		p.t.Annexes = append(p.t.Annexes, a)
		b := p.openBeside(a.File, k.val.pos)
		if b == nil {
			continue
		}
		sum := sha256.Sum256(b)
		a.digest = hex.EncodeToString(sum[:])
		if strings.HasSuffix(strings.ToLower(a.File), ".csv") {
			p.objects(a, b)
		}
	}
}

// maxObjects is how many objects an annex may list.
const maxObjects = 20_000

// objects reads an annex of objects: columns id, kind, name, lat, lon (or
// coordinates as "lat,lon"), owner, controller, claimed_by.
func (p *reader) objects(a *Annex, b []byte) {
	for i, l := range bytes.Split(b, []byte("\n")) {
		if !utf8.Valid(l) || bytes.IndexByte(l, 0) >= 0 {
			p.errorf(Pos{a.File, i + 1, 1}, "annex %s: this line is not UTF-8 text (Windows-1252, UTF-16 or binary, perhaps): save the file as CSV UTF-8", a.ID)
			return
		}
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		p.errorf(Pos{a.File, 1, 1}, "expected a header: id,kind,lat,lon,owner,controller,claimed_by")
		return
	}
	a.ids = map[string]bool{}
	col := map[string]int{}
	for i, h := range head {
		col[strings.ToLower(strings.TrimSpace(h))] = i
	}
	if _, ok := col["id"]; !ok {
		p.errorf(Pos{a.File, 1, 1}, "annex %s has no column id", a.ID)
		return
	}
	for {
		rec, err := r.Read()
		if err == io.EOF {
			return
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			p.errorf(Pos{a.File, bad.StartLine, 1}, "annex %s: the quotes of this row are not closed, or stand in the middle of a text: double quotes inside the text", a.ID)
			return
		}
		if err != nil {
			p.errorf(Pos{a.File, 1, 1}, "annex %s: %v", a.ID, err)
			return
		}
		line, _ := r.FieldPos(0)
		pos := Pos{a.File, line, 1}
		if len(a.Objects) == maxObjects {
			p.errorf(pos, "annex %s lists more than %d objects", a.ID, maxObjects)
			return
		}
		p.object(a, pos, func(name string) string {
			if i, ok := col[name]; ok && i < len(rec) {
				return strings.TrimSpace(rec[i])
			}
			return ""
		})
	}
}

func (p *reader) object(a *Annex, pos Pos, get func(string) string) {
	o := Object{ID: get("id"), Kind: get("kind"), Name: get("name"), Owner: get("owner"), Controller: get("controller")}
	if o.ID == "" {
		p.errorf(pos, "annex %s: an object without id", a.ID)
		return
	}
	if a.ids[o.ID] {
		p.errorf(pos, "annex %s: object %s stands twice", a.ID, o.ID)
	}
	a.ids[o.ID] = true
	if _, ok := p.t.Vocabulary.Target.Node(o.Kind); !ok && o.Kind != "" {
		p.errorf(pos, "annex %s: object %s is of kind %q, which is not in the target tree%s", a.ID, o.ID, o.Kind, didYouMean(o.Kind, p.t.Vocabulary.Target.Nodes()))
	}
	for _, c := range strings.FieldsFunc(get("claimed_by"), func(r rune) bool { return r == '|' || r == ';' }) {
		o.ClaimedBy = append(o.ClaimedBy, strings.TrimSpace(c))
	}
	lat, lon := get("lat"), get("lon")
	if c := get("coordinates"); lat == "" && c != "" {
		lat, lon, _ = strings.Cut(c, ",")
	}
	if lat != "" || lon != "" {
		pt, err := point(lat, lon)
		if err != nil {
			p.errorf(pos, "annex %s: object %s: %v", a.ID, o.ID, err)
		}
		o.Point, o.HasPoint = pt, err == nil
	}
	a.Objects = append(a.Objects, o)
}

func point(lat, lon string) (where.Point, error) {
	a, err1 := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	b, err2 := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	if err1 != nil || err2 != nil {
		return where.Point{}, fmt.Errorf("%q,%q are not degrees of latitude and longitude", lat, lon)
	}
	pt := where.Point{Lat: a, Lon: b}
	if pt == (where.Point{}) {
		return pt, fmt.Errorf("the position 0,0 (null island) means that it was not known")
	}
	return pt, pt.Valid()
}
