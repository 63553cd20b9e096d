package feeds

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/where"
)

// gdeltNames are the 61 columns of GDELT 2.0 events, which come without header.
var gdeltNames = strings.Fields(strings.ToLower(`
	GlobalEventID Day MonthYear Year FractionDate Actor1Code Actor1Name Actor1CountryCode Actor1KnownGroupCode Actor1EthnicCode
	Actor1Religion1Code Actor1Religion2Code Actor1Type1Code Actor1Type2Code Actor1Type3Code Actor2Code Actor2Name Actor2CountryCode
	Actor2KnownGroupCode Actor2EthnicCode Actor2Religion1Code Actor2Religion2Code Actor2Type1Code Actor2Type2Code Actor2Type3Code
	IsRootEvent EventCode EventBaseCode EventRootCode QuadClass GoldsteinScale NumMentions NumSources NumArticles AvgTone
	Actor1Geo_Type Actor1Geo_Fullname Actor1Geo_CountryCode Actor1Geo_ADM1Code Actor1Geo_ADM2Code Actor1Geo_Lat Actor1Geo_Long
	Actor1Geo_FeatureID Actor2Geo_Type Actor2Geo_Fullname Actor2Geo_CountryCode Actor2Geo_ADM1Code Actor2Geo_ADM2Code Actor2Geo_Lat
	Actor2Geo_Long Actor2Geo_FeatureID ActionGeo_Type ActionGeo_Fullname ActionGeo_CountryCode ActionGeo_ADM1Code ActionGeo_ADM2Code
	ActionGeo_Lat ActionGeo_Long ActionGeo_FeatureID DATEADDED SOURCEURL`))

// gdeltFirst are the 58 columns of GDELT 1.0, without those of ADM2; its first
// years lack the last one as well.
var gdeltFirst = slices.DeleteFunc(slices.Clone(gdeltNames), func(n string) bool { return strings.HasSuffix(n, "adm2code") })

var gdeltMentions = strings.Fields(`
	globaleventid eventtimedate mentiontimedate mentiontype mentionsourcename mentionidentifier sentenceid actor1charoffset
	actor2charoffset actioncharoffset inrawtext confidence mentiondoclen mentiondoctone mentiondoctranslationinfo extras`)

func gdeltKind() kind {
	return kind{
		name: "gdelt", about: "GDELT events (61 or 58 columns parted by TAB, without header) or mentions",
		known: slices.Concat(gdeltNames, gdeltMentions, []string{"sqldate"}),
		match: func(c map[string]int) bool {
			return hasAll(c, "globaleventid", "eventcode", "eventrootcode") || hasAll(c, "globaleventid", "mentionidentifier")
		},
		start: func(r *run, columns map[string]int) (handler, error) {
			if hasAll(columns, "mentionidentifier") {
				return &mentionsFeed{plain{r}}, nil
			}
			return &gdeltFeed{plain{r}}, nil
		},
		header: gdeltWithoutHeader, unquoted: true,
	}
}

// gdeltWithoutHeader recognises the layouts by one of the first three lines:
// the first may be damaged.
func gdeltWithoutHeader(head []byte) []string {
	for _, line := range bytes.SplitN(head, []byte("\n"), 4)[:min(3, bytes.Count(head, []byte("\n"))+1)] {
		f := strings.Split(strings.TrimRight(string(line), "\r"), "\t")
		if len(f) < 16 || !digits.MatchString(f[0]) || !digits.MatchString(f[1]) {
			continue
		}
		switch {
		case len(f) == len(gdeltNames) && len(f[1]) == 8:
			return gdeltNames
		case (len(f) == len(gdeltFirst) || len(f) == len(gdeltFirst)-1) && len(f[1]) == 8:
			return gdeltFirst[:len(f)]
		case len(f) == len(gdeltMentions) && len(f[1]) == 14 && len(f[2]) == 14:
			return gdeltMentions
		}
	}
	return nil
}

// gdeltFeed reads what machines made of news. A row is a lead: it says that an
// article holds words of such a kind, and names of places, in one sentence.
type gdeltFeed struct{ plain }

const (
	gdeltNote = "coded by machine from one article: a lead to look into, no evidence; Actor1 is the subject of a sentence, not the attacker: author left unknown"
	gdeltTime = "the day is that of publication where the article names none: taken as that day or the day before"
)

func (f *gdeltFeed) record(rec *record) error {
	id := rec.get("globaleventid")
	if !digits.MatchString(id) {
		return f.reject(rec, faultIn("globaleventid", "%q is not a number: expected such as 719024875", clip(id)))
	}
	id = "GDELT-" + id
	if fresh, err := f.fresh(rec, id, "globaleventid"); err != nil || !fresh {
		return err
	}
	e, err := cameo(rec)
	if err != nil {
		return f.reject(rec, err)
	}
	inc := &evidence.Incident{
		ID: id, Level: evidence.Claimed, Source: hostOf(rec.get("sourceurl")), URL: rec.get("sourceurl"), From: f.pos(rec.line),
		Text:  joinText(fmt.Sprintf("CAMEO %s: %s", rec.get("eventcode"), e["name"]), rec.get("actor1name"), rec.get("actor2name"), rec.get("actiongeo_fullname")),
		Notes: []string{gdeltNote, gdeltTime},
	}
	s := evidence.Unknown()
	at, err := f.place(rec, inc, &s)
	if err == nil {
		err = f.time(rec, at, inc, &s)
	}
	switch {
	case err != nil:
		return f.reject(rec, err)
	case e["use"] != "incident":
		f.sum.Reports++
		return nil
	}
	s.Act, s.Outcome, s.Means = e.set("act"), e.set("outcome"), e.set("means")
	if s.Act == nil {
		inc.Notes = append(inc.Notes, e["comment"])
	}
	inc.Scenarios = []evidence.Scenario{s}
	return f.emit(inc)
}

// cameo finds what the code of an event means: its own row, else that of its
// base, else that of its root.
func cameo(rec *record) (entry, error) {
	code := rec.get("eventcode")
	root := rec.get("eventrootcode")
	if !digits.MatchString(code) || len(code) < 2 || len(code) > 4 {
		return nil, faultIn("eventcode", "%q is no CAMEO code: expected two to four digits, such as 190", clip(code))
	}
	if root != "" && !strings.HasPrefix(code, root) {
		return nil, faultIn("eventrootcode", "%q is not the root of EventCode %q", clip(root), code)
	}
	for n := len(code); n >= 2; n-- {
		if e, ok := gdeltCameo()[code[:n]]; ok {
			return e, nil
		}
	}
	return nil, faultIn("eventcode", "%q is no CAMEO code: the roots are 01 to 20", clip(code))
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host
}

// fips are the countries that we have areas of; the geocoder writes FIPS codes,
// in which RS is Russia and UA would be nothing.
var fips = map[string]string{"UP": "UA", "RS": "RU"}

// time is the day and the day before, as with other media.
func (f *gdeltFeed) time(rec *record, at where.Point, inc *evidence.Incident, s *evidence.Scenario) error {
	text := rec.first("day", "sqldate")
	day, err := time.Parse("20060102", text)
	if err != nil || day.Year() < 1800 || day.Year() > 2200 {
		return faultIn("day", "%q is not a date: expected such as 20250326", clip(text))
	}
	if added := rec.get("dateadded"); len(added) >= 8 && added[:8] > text {
		inc.Notes = append(inc.Notes, fmt.Sprintf("dated %s, before it was added (%s): the machine read an earlier date in the article, or took over its date", text, added))
	}
	s.Time, err = f.daysIn(fips[rec.get("actiongeo_countrycode")], at, day.AddDate(0, 0, -1), day)
	return err
}

// place is where the action is said to be. The words were looked up by machine,
// so that it may be a namesake.
func (f *gdeltFeed) place(rec *record, inc *evidence.Incident, s *evidence.Scenario) (where.Point, error) {
	s.PlaceName = rec.get("actiongeo_fullname")
	kind, code := rec.get("actiongeo_type"), fips[rec.get("actiongeo_countrycode")]
	if kind == "" || kind == "0" {
		inc.Notes = append(inc.Notes, "no place is given")
		return where.Point{}, nil
	}
	var at where.Point
	lat, lon := rec.get("actiongeo_lat"), rec.get("actiongeo_long")
	if lat != "" || lon != "" {
		var err error
		if at, err = pointIn("actiongeo_lat", "actiongeo_long", lat, lon); err != nil {
			return at, err
		}
		if err := swapped("actiongeo_lat", at, countryArea(code).codes, "the country "+rec.get("actiongeo_countrycode")); err != nil {
			return at, err
		}
	}
	var h hit
	switch kind {
	case "1":
		h = countryArea(code)
		inc.Notes = append(inc.Notes, "only a country is named")
	case "2", "5":
		if h = adminArea("gdelt", code, rec.get("actiongeo_adm1code")); !h.found() {
			first, _, _ := strings.Cut(s.PlaceName, ",")
			h = adminArea("gdelt", code, first)
		}
		inc.Notes = append(inc.Notes, "only a first-level area is named")
	case "3", "4":
		if at != (where.Point{}) {
			s.Place = where.Disc(at, 10_000)
		}
		inc.Notes = append(inc.Notes, "the place was looked up by machine and may be a namesake: 10 km round the point")
		return at, nil
	default:
		return at, faultIn("actiongeo_type", "%q is none of 0 to 5", clip(kind))
	}
	if !h.found() {
		inc.Notes = append(inc.Notes, "its boundary is not known here: judged as unknown place")
		return at, nil
	}
	var err error
	s.Place, err = where.AreaRegion(h.codes...)
	return at, err
}

// mentionsFeed reads GDELT's table of which article mentions which event. It
// holds no event itself.
type mentionsFeed struct{ plain }

func (f *mentionsFeed) record(rec *record) error {
	if !digits.MatchString(rec.get("globaleventid")) {
		return f.reject(rec, faultIn("globaleventid", "%q is not a number: expected such as 719024875", clip(rec.get("globaleventid"))))
	}
	row := f.rowHash(rec, "mention")
	if _, same := f.seen[row]; same {
		f.sum.Duplicates++
		return nil
	}
	f.seen[row] = struct{}{}
	f.sum.Reports++
	return nil
}
