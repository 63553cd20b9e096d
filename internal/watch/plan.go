package watch

import (
	"fmt"
	"sort"
	"time"

	"github.com/truce-project/truce/evidence"
	"github.com/truce-project/truce/when"
	"github.com/truce-project/truce/where"
)

// maxPlanned bounds how many open findings, and pieces of places and times, a
// choice is made over.
const maxPlanned = 400_000

// ChooseTasks chooses which means to send or ask for which tasks, so that most
// findings are expected to be settled within a budget. One choice is one means at
// one place, for all that it can find out there; the means are paid for each time.
// The value of a finding is 1, and what several choices settle of it is put
// together as if they were independent.
func (o *Outlook) ChooseTasks(tasks []*Task, budget float64) Chosen {
	s := &Selection{Budget: budget}
	cell := map[string]int{}
	type visit struct {
		cost float64
		sees map[int]float64 // by cell: the chance that it stays open
	}
	visits := map[string]*visit{}
	for _, t := range tasks {
		for _, c := range t.Means {
			p := o.counts(c)
			if p == 0 {
				continue
			}
			id := c.Means.ID + " for " + t.home()
			v := visits[id]
			if v == nil {
				v = &visit{c.Means.Cost, map[int]float64{}}
				visits[id] = v
			}
			for _, f := range t.Findings {
				key := f.Incident + "\x00" + f.Terms + "\x00" + f.Reading
				n, ok := cell[key]
				if !ok {
					n = len(cell)
					cell[key] = n
					s.Weight = append(s.Weight, 1)
				}
				left, seen := v.sees[n]
				if !seen {
					left = 1
				}
				v.sees[n] = left * (1 - p*f.Worth)
			}
		}
	}
	for id, v := range visits {
		c := Choice{ID: id, Cost: v.cost}
		for n, left := range v.sees {
			c.Sees = append(c.Sees, Sight{n, 1 - left})
		}
		sort.Slice(c.Sees, func(i, k int) bool { return c.Sees[i].Cell < c.Sees[k].Cell })
		s.Choices = append(s.Choices, c)
	}
	return s.Greedy()
}

// home is what the tasks that one visit serves have in common.
func (t *Task) home() string {
	if t.scene.Aside {
		return t.ID
	}
	return t.ID[:len(t.ID)-len(t.Fact)-1]
}

// ChoosePosts chooses among the means that may be had (option: yes) those that see
// most of the places to be watched, beyond what is seen already, within a budget.
// The value is hours of places: an hour of a place counts its weight, times the
// chance that an act there would be noticed.
func (o *Outlook) ChoosePosts(act string, span when.Span, posts []Post, budget float64) (Chosen, error) {
	s := &Selection{Budget: budget}
	length := span.End.Time().Sub(span.Start.Time())
	hours := length.Hours()
	points := make([][]where.Point, len(posts))
	total := 0
	for i, p := range posts {
		points[i], _ = lattice(p.Place)
		total += len(points[i])
	}
	if total == 0 || hours <= 0 {
		return Chosen{}, fmt.Errorf("nothing to watch: the means file has no watch: list, and no incident has a place")
	}
	step := 20 * time.Minute
	for float64(total)*length.Minutes()/step.Minutes() > maxPlanned {
		step *= 2
	}
	if step > 2*time.Hour {
		return Chosen{}, fmt.Errorf("%d points for %.0f hours are too many: plan a shorter time, or fewer places", total, hours)
	}
	choices := map[string]*Choice{}
	for _, m := range o.House.Means {
		if m.Option {
			choices[m.ID] = &Choice{ID: m.ID, Cost: m.Cost}
		}
	}
	for i, p := range posts {
		var names []string
		for id := range choices {
			names = append(names, id)
		}
		v := o.views(p.Place, span, act, points[i], names)
		weight := p.Weight * step.Hours() / float64(len(points[i]))
		for t := span.Start.Add(step / 2); t < span.End; t = t.Add(step) {
			base := len(s.Weight)
			for range points[i] {
				s.Weight, s.Seen = append(s.Weight, weight), append(s.Seen, 0)
			}
			for k, m := range v.means {
				chances, _ := v.at(k, t)
				for j, x := range chances {
					if x == 0 {
						continue
					}
					if c := choices[m.ID]; c != nil {
						c.Sees = append(c.Sees, Sight{base + j, x})
					} else {
						s.Seen[base+j] = 1 - (1-s.Seen[base+j])*(1-x)
					}
				}
			}
		}
	}
	for _, c := range choices {
		s.Choices = append(s.Choices, *c)
	}
	return s.Greedy(), nil
}

// PostsOf are places to watch made from incidents, where a means file names none:
// each place once, with the number of incidents there as its weight.
func PostsOf(ins []*evidence.Incident) []Post {
	byID := map[string]*evidence.Incident{}
	for _, in := range ins {
		byID[in.ID] = in
	}
	var ids []string
	for id := range byID {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	var out []Post
	cells := map[[2]int][]int{}
	for _, id := range ids {
		s := sceneOf(byID[id])
		c, ok := s.Place.Centre()
		radius, _ := s.Place.Radius()
		if !ok || radius > 25_000 {
			continue
		}
		known := -1
		at := cellOf(c)
		beside(c, func(cell [2]int) {
			for _, i := range cells[cell] {
				b, _ := out[i].Place.Centre()
				if known < 0 && where.Distance(c, b, model) <= together {
					known = i
				}
			}
		})
		if known >= 0 {
			out[known].Weight++
			continue
		}
		cells[at] = append(cells[at], len(out))
		out = append(out, Post{ID: id, Place: s.Place, Weight: 1})
	}
	return out
}
