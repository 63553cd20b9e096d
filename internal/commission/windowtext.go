package commission

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// Local is a window as a text of its own: a few words make a truce that is judged
// like any other.
type Local struct {
	ID      string
	Purpose string // repair, bodies, convoy, ...
	Parties []string
	Place   where.Point
	Within  where.Metres
	Span    when.Span
	Zone    string // IANA name of the clock; UTC, where empty
}

// Text writes the terms, and checks that they run: what it returns has no errors and
// its examples hold as they are written.
func (l *Local) Text() ([]byte, error) {
	switch {
	case l.ID == "" || strings.ContainsAny(l.ID, " /\n\""):
		return nil, errors.New("expected a short name without spaces")
	case l.Purpose == "" || strings.ContainsAny(l.Purpose, "\n\"`"):
		return nil, errors.New("expected a purpose, such as repair")
	case len(l.Parties) < 2:
		return nil, errors.New("expected two parties, since both guarantee it")
	case l.Span.End <= l.Span.Start || !l.Span.Start.Bounded() || !l.Span.End.Bounded():
		return nil, errors.New("expected hours that end after they begin")
	case !(l.Within > 0):
		return nil, errors.New("expected a distance round the place, in metres")
	}
	if err := l.Place.Valid(); err != nil {
		return nil, err
	}
	zone := l.Zone
	if zone == "" {
		zone = "UTC"
	}
	var b strings.Builder
	f := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	from, until := l.Span.Start, l.Span.End
	f("---\ntruce: 1\nid: %s\ntitle: {en: \"Window: %s\"}\nversion: \"1\"\nvocabulary: truce-core@1\nlanguages: {en: authentic}\n", l.ID, l.Purpose)
	f("time: {zone: %s, days: 24h, start: \"%s\", end: \"%s\"}\n", zone, from.RFC3339(), until.RFC3339())
	f("geometry: {distance: wgs84, edges: geodesic, boundary: closed}\nparties:\n")
	for _, p := range l.Parties {
		f("  %s: {name: %s, actors: [%s.forces]}\n", p, p, p)
	}
	f("others: {MISSION: says go and no-go}\ncommitments:\n")
	for _, p := range l.Parties {
		f("  - {id: guarantee-%s, party: %s, act: guarantee given to the mission}\n", strings.ToLower(p), p)
	}
	f("relations: {\"*\": prevails}\nlint:\n")
	f("  L10: \"A window ends by a stop (3), and by nothing else before its hours are over.\"\n")
	f("  L16: \"Nobody has a right to fire into a window: who thinks so stops it first (3).\"\n")
	f("  \"L15, L20\": \"Outside the place everything is as the other texts have it; within it nobody moves forward.\"\n")
	f("  \"L19, L21, L23, L24, L25, L26, L31, L32\": \"A window lasts hours: cases go by the text that provides for it.\"\n")
	f("---\n\n# Window: %s\n\nMade from the template of windows. Each party guarantees it for itself.\n\n", l.Purpose)
	f("> 1 Within %.0f metres of %.5f, %.5f no Party attacks, flies aerial vehicles, jams or moves forward, and from there none is attacked, from %s to %s, so that people can work: %s.\n\n", float64(l.Within), l.Place.Lat, l.Place.Lon, from, until, l.Purpose)
	f("```truce\nclause: \"1\"\nforbid:\n  - {act: [attack, overflight, movement.advance, jam], zone: window, outcome: [launched, intercepted, missed, impact, debris, incidental]}\n  - {act: attack.strike, origin: window, outcome: [launched, intercepted, missed, impact, debris, incidental]}\nwords: {act: \"attacks, flies aerial vehicles, jams or moves forward\"}\ncounts: impact\n```\n\n")
	f("```truce\ndefine: window\nzone: {near: {line: [[%.7f, %.7f], [%.7f, %.7f]], within: %.0f m, side: both}}\nversion: \"1\"\ndatum: WGS 84\ndrawn_by: the mission\n```\n\n", l.Place.Lon, l.Place.Lat, l.Place.Lon+1e-7, l.Place.Lat, float64(l.Within)) // a line of a centimetre: a point has no side
	f("> 2 Nobody keeps the people who work there from coming or leaving.\n\n```truce\nclause: \"2\"\nforbid: {act: [obstruct, detain], zone: window, outcome: [launched, intercepted, missed, impact, debris, incidental]}\nwords: {act: keeps from coming or leaving}\ncounts: impact\n```\n\n")
	f("> 3 Each Party or the Mission may stop the window at any time; people then leave at once. A stop is no breach. Without a new window it lapses at its end.\n\n```truce\nclause: \"3\"\npower: {holder: each, may: extend, form: \"a new window, guaranteed anew\", default: lapse}\nassume: the mission has said go, and nobody has stopped the window\n```\n\n")
	f("> 4 The Mission is there or watches, says go and no-go, and takes messages on the hotline.\n\n")
	f("```truce\nclause: \"4\"\nprocedure: {of: monitoring, who: MISSION, access: the window and the ways to it, publication: none before the end}\n```\n\n")
	mid := from + (until-from)/2
	f("# Examples\n\n```truce\nexamples:\n")
	example := func(name, facts, then string, at when.Instant) {
		f("  - name: %s\n    if: {%s, time: \"%s\"}\n    then: {%s}\n", name, facts, at.RFC3339(), then)
	}
	here := fmt.Sprintf("place: \"%.5f,%.5f\"", l.Place.Lat, l.Place.Lon)
	away := l.Place
	if away.Lat += 1 + float64(l.Within)/100_000; away.Lat > 89 {
		away.Lat -= 2 * (1 + float64(l.Within)/100_000)
	}
	there := fmt.Sprintf("place: \"%.5f,%.5f\", origin: \"%.5f,%.5f\"", away.Lat, away.Lon, away.Lat, away.Lon)
	for _, p := range l.Parties {
		fire := "actor: " + p + ", act: attack.strike.artillery, outcome: impact, "
		example(p+" fires into the window", fire+here, "verdict: breach, author: "+p, mid)
		example(p+" fires after it", fire+here, "verdict: not-in-force", until.Add(time.Minute))
		example(p+" fires elsewhere", fire+there, "verdict: not-covered", mid)
	}
	example("a crew is kept from leaving", "actor: "+l.Parties[0]+", act: obstruct.access, outcome: impact, "+here, "verdict: breach", mid)
	f("```\n")
	return checked(l.ID, []byte(b.String()))
}

// checked refuses a text that does not run.
func checked(id string, text []byte) ([]byte, error) {
	t, problems := terms.ParseBytes(nil, id+".truce.md", text)
	if errs := problems.Errors(); t == nil || len(errs) > 0 {
		return nil, fmt.Errorf("the text would not run: %w", problems)
	}
	return text, nil
}
