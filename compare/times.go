package compare

import (
	"slices"
	"time"

	"github.com/truce-project/truce/when"
)

// moment is a stretch of time between two instants at which something changes
// for some side: of the impact, and of the launch where a clause asks for it.
type moment struct {
	impact, launch when.Span
}

// timeDimension cuts time at every date and hour that some clause names.
// Impact and launch are one dimension, since nothing lands before its launch.
func (s *space) timeDimension() {
	launches := []when.Span{when.Always}
	for _, u := range s.units {
		if u.f.LaunchUsed() {
			launches = s.stretches(true)
			break
		}
	}
	classes := map[string]int{}
	for _, impact := range s.stretches(false) {
		at := s.masksAt(false, impact)
		for _, launch := range launches {
			if launch.Start >= impact.End {
				continue // it would land before it was launched
			}
			mask := s.joint(nil2full)
			for i, w := range at {
				mask[i] &= w
			}
			if launch != when.Always || len(launches) > 1 {
				for i, w := range s.masksAt(true, launch) {
					mask[i] &= w
				}
			}
			s.dims[dTime].add(classes, mask, 1, func(v *value) { v.moments = append(v.moments, moment{impact, launch}) })
		}
	}
}

func nil2full(*unit) []uint64 { return nil }

// stretches are the pieces of time within which nothing changes for any side.
func (s *space) stretches(launch bool) []when.Span {
	var cuts []when.Instant
	for _, u := range s.units {
		cuts = append(cuts, u.f.Breaks(launch)...)
	}
	var out []when.Span
	for _, sp := range between(when.Always, cuts) {
		var hours []when.Instant
		for _, u := range s.units {
			if u.f.HoursUsed() {
				hours = append(hours, u.f.Cuts(launch, sp)...)
			}
		}
		out = append(out, between(sp, hours)...)
	}
	return out
}

// between cuts a span at the instants inside it.
func between(sp when.Span, cuts []when.Instant) []when.Span {
	cuts = slices.Clone(cuts)
	slices.Sort(cuts)
	var out []when.Span
	at := sp.Start
	for _, c := range slices.Compact(cuts) {
		if c > at && c < sp.End {
			out = append(out, when.Span{Start: at, End: c})
			at = c
		}
	}
	return append(out, when.Span{Start: at, End: sp.End})
}

func (s *space) masksAt(launch bool, sp when.Span) []uint64 {
	return s.joint(func(u *unit) []uint64 { return u.f.At(launch, inside(sp)) })
}

// inside returns an instant of a span.
func inside(sp when.Span) when.Instant {
	switch {
	case sp.Start.Bounded():
		return sp.Start
	case sp.End.Bounded():
		return sp.End - 1
	}
	return 0
}

// dateAt is an hour of a civil day.
func dateAt(y int, m time.Month, d, hour int, loc *time.Location) when.Instant {
	return when.At(time.Date(y, m, d, hour, 0, 0, 0, loc))
}
