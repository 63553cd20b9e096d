package gazetteer

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/truce-project/truce/where"
)

var (
	isoCode  = regexp.MustCompile(`^(UA|RU)-[A-Z0-9]{2,3}$`)
	pCode    = regexp.MustCompile(`^UA(\d{2})(\d{2}|\d{5}|\d{8})?$`)
	katotth  = regexp.MustCompile(`^UA(\d{2})\d{15}$`)
	codeSign = regexp.MustCompile(`^(UA|RU)[-\d]`)
)

// Code says what a code stands for.
type Code struct {
	ISO    string // the first-level area that it is, or lies in
	Scheme string // "ISO 3166-2", "P-code" or "KATOTTH"
	Deeper bool   // it is of a lower level than the area
	Name   string // as the lists give it, "" if they do not
}

// ByCode reads an ISO 3166-2 code (UA-14), a P-code of Ukraine (UA14, UA1402,
// UA1402001) or a code of KATOTTH (UA and 17 digits). ok is false for what does
// not look like a code; the error says what is wrong with what does.
//
// P-codes and KATOTTH number the oblasts alike, and not as ISO 3166-2 does:
// Luhansk is UA44 and UA-09.
func (g *Gazetteer) ByCode(s string) (c Code, ok bool, err error) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if !codeSign.MatchString(s) {
		return Code{}, false, nil
	}
	if isoCode.MatchString(s) {
		if where.AreaByName(s) == nil {
			return Code{}, true, fmt.Errorf("area %q is not known: expected an ISO 3166-2 code of a region of Ukraine or Russia, such as UA-63", s)
		}
		return Code{ISO: s, Scheme: "ISO 3166-2"}, true, nil
	}
	m, scheme := pCode.FindStringSubmatch(s), "P-code"
	if m == nil {
		m, scheme = katotth.FindStringSubmatch(s), "KATOTTH"
	}
	if m == nil {
		return Code{}, true, fmt.Errorf("%q is no code of a place: expected ISO 3166-2 (UA-14), a P-code (UA14, UA1402) or KATOTTH (UA and 17 digits)", clip(s))
	}
	c = Code{Scheme: scheme, Deeper: len(s) > 4} // UA3200 is a part of UA32
	if scheme == "KATOTTH" {                     // the last five digits are a serial number
		c.Deeper = strings.Trim(s[4:len(s)-5], "0") != ""
	}
	if c.ISO = ocha[m[1]]; c.ISO == "" {
		return Code{}, true, fmt.Errorf("%s %q: no region of Ukraine has the number %s there", scheme, clip(s), m[1])
	}
	if g != nil {
		for _, e := range g.codes[s] {
			c.Name = e.String()
		}
	}
	return c, true, nil
}

// byCode is the region of a code, with a note where it is larger than the code.
func (g *Gazetteer) byCode(s string) (Result, bool) {
	c, ok, err := g.ByCode(s)
	if !ok {
		return Result{}, false
	}
	if err != nil {
		return Result{Err: err}, true
	}
	r, err := where.AreaRegion(drawable([]string{c.ISO})...)
	if err != nil {
		return Result{Err: err}, true
	}
	out := Result{Region: r, Known: true}
	name := ""
	if c.Name != "" {
		name = " (" + c.Name + ")"
	}
	switch {
	case c.Deeper:
		out.Notes = append(out.Notes, fmt.Sprintf("%s %s%s lies in %s, whose boundary is taken: that of the smaller area is not known here", c.Scheme, clip(s), name, c.ISO))
	case c.Scheme != "ISO 3166-2":
		out.Notes = append(out.Notes, fmt.Sprintf("%s %s%s is %s", c.Scheme, clip(s), name, c.ISO))
	}
	return out, true
}

// clip shortens input that a message quotes.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "..."
	}
	return s
}
