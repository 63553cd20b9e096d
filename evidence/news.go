package evidence

import (
	"math"
	"slices"
	"strings"
)

// News is what is usual in the reports at hand: on how many days a name is in the
// news, and on how many days a kind of object is reported in a part of the
// country. That two reports both tell of an oil depot in one oblast says much where
// that is reported once a year, and nothing where it is every day. It is made before
// anything is compared, and does not depend on the order of reports.
type News struct {
	days     map[uint64][]int32 // by name, or by object and cell; ascending
	from, to int32
	any      bool
}

// Limits of what is usual.
const (
	usualDays  = 20   // days at hand, beside those of an event, below which nothing is known
	besideDays = 2    // days before and after an event that are its own
	newsDays   = 45   // days before and after an event that are looked at: wars move
	rareShare  = 0.05 // of days: seldom
	oftenShare = 0.20
	usualCell  = 1.5   // degrees of latitude; of longitude as many kilometres
	usualMost  = 1.5e5 // metres; of a vaguer place the cell is not known
)

// Add takes a report.
func (u *News) Add(s *Prepared) {
	day, ok := s.day()
	if !ok {
		return
	}
	if !u.any {
		u.days, u.from, u.to, u.any = map[uint64][]int32{}, day, day, true
	}
	u.from, u.to = min(u.from, day), max(u.to, day)
	for _, p := range s.Proper {
		u.note(nameKey(p), day)
	}
	if part, ok := s.part(); ok {
		for _, t := range s.target {
			u.note(objectKey(t, part), day)
		}
	}
}

func (u *News) note(key uint64, day int32) {
	list := u.days[key]
	if i, found := slices.BinarySearch(list, day); !found {
		u.days[key] = slices.Insert(list, i, day)
	}
}

// share is on which part of the other days something is reported; false where too
// few days are known.
func (u *News) share(key uint64, day int32) (float64, bool) {
	if u == nil || !u.any {
		return 0, false
	}
	first, last := max(u.from, day-newsDays), min(u.to, day+newsDays)
	of := int(last-first) + 1 - (2*besideDays + 1)
	if of < usualDays {
		return 0, false
	}
	n := 0
	list := u.days[key]
	i, _ := slices.BinarySearch(list, first)
	for ; i < len(list) && list[i] <= last; i++ {
		if d := list[i]; d < day-besideDays || d > day+besideDays {
			n++
		}
	}
	return float64(n) / float64(of), true
}

func nameKey(name string) uint64 { return mix(hashInto(hashInto(14695981039346656037, "name"), name)) }

func objectKey(target string, part uint64) uint64 {
	return mix(hashInto(14695981039346656037, target) ^ part)
}

// day is the day of the middle of the time.
func (s *Prepared) day() (int32, bool) {
	if !s.timed || s.Detection != nil || s.Alert {
		return 0, false
	}
	return dayOf(s.at.Start + (s.at.End-s.at.Start)/2), true
}

// part is the part of the country in which a report lies: a cell, or the area that
// is all that is known of the place.
func (s *Prepared) part() (uint64, bool) {
	switch {
	case !s.placed:
		return 0, false
	case len(s.areas) == 1:
		return mix(hashInto(14695981039346656037, s.areas[0])), true
	case s.radius > usualMost:
		return 0, false
	}
	row := math.Floor(s.centre.Lat / usualCell)
	wide := math.Max(0.1, math.Cos((row+0.5)*usualCell*math.Pi/180))
	return mix(uint64(int64(row))<<32 ^ uint64(int64(math.Floor(s.centre.Lon*wide/usualCell)))), true
}

// properNames reports whether two texts share a name that is seldom in the news.
func (c *Comparer) properNames(a, b *Prepared) bool {
	if c.News == nil || len(a.Proper) == 0 || len(b.Proper) == 0 {
		return false
	}
	for _, p := range a.Proper {
		if slices.Contains(b.Proper, p) && c.seldom(nameKey(p), a, b) {
			return true
		}
	}
	return false
}

// seldom reports whether something is seldom in the news round either report.
func (c *Comparer) seldom(key uint64, a, b *Prepared) bool {
	x, _ := a.day()
	y, _ := b.day()
	s, ok := c.News.share(key, x)
	t, _ := c.News.share(key, y)
	return ok && max(s, t) <= rareShare
}

// objects says whether the object that two reports both tell of is seldom or often
// in the news in that part of the country.
func (c *Comparer) objects(a, b *Prepared) (cause, bool) {
	p, ok := a.part()
	q, ok2 := b.part()
	if c.News == nil || !ok || !ok2 {
		return 0, false
	}
	x, _ := a.day()
	y, _ := b.day()
	least, known := 1.0, false
	for _, t := range a.target {
		if !strings.Contains(t, ".") || !slices.Contains(b.target, t) {
			continue
		}
		s, ok := c.News.share(objectKey(t, p), x)
		u, _ := c.News.share(objectKey(t, q), y)
		if ok {
			least, known = min(least, max(s, u)), true
		}
	}
	switch {
	case !known:
		return 0, false
	case least <= rareShare:
		return targetSeldom, true
	case least >= oftenShare:
		return targetOften, true
	}
	return 0, false
}
