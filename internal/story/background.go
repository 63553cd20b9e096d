package story

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/record"
)

// How many pairs of background events there are: as rows of the data set, as
// reports of their own, and of these how many are reported a second time, close by
// and in another language, so that triage has something to match.
const (
	rowPairs    = 100
	reportPairs = 50
	againPairs  = 6
)

// side is where events on the ground of one party are put: first-level areas with
// a point in each. Both lists are of one length.
type side struct {
	party string
	areas []spot
}

type spot struct {
	code     string
	lat, lon float64
}

var sides = [2]side{
	{"RU", []spot{{"RU-BEL", 50.6, 37.0}, {"RU-KRS", 51.6, 35.6}, {"RU-BRY", 52.7, 33.3}, {"RU-VOR", 50.9, 39.7}, {"RU-ROS", 47.8, 40.4}, {"RU-KDA", 45.5, 39.6}}},
	{"UA", []spot{{"UA-63", 49.6, 36.5}, {"UA-59", 51.0, 34.0}, {"UA-74", 51.4, 32.0}, {"UA-12", 48.4, 35.0}, {"UA-53", 49.6, 33.8}, {"UA-48", 47.4, 31.9}}},
}

var (
	backTargets = []string{"energy.power.substation", "energy.power.line.distribution", "energy.power.line.transmission", "energy.oil.storage", "energy.gas.pipeline", "energy.heat", "infra.rail.traction-power", "infra.rail.station", "infra.port", "civilian.residential", "industry", "military.depot"}
	backActs    = []string{"attack.strike.drone", "attack.strike.drone", "attack.strike.artillery", "attack.strike.missile", "attack.strike.air", "attack.sabotage.arson"}
	backEnds    = []string{"impact", "impact", "impact", "intercepted", "debris", "incidental"}
	backLevels  = []string{"claimed", "claimed", "reported", "reported", "corroborated", "verified"}
	columns     = []string{"id", "time_start", "time_end", "lat", "lon", "precision_m", "place", "actor", "act", "outcome", "target", "intended_target", "level", "source", "text"}
)

// pair makes an event and its twin with the parties exchanged: the same act, hour,
// level and doubt, on the ground of the one and of the other.
func pair(r *rand.Rand, id string, day time.Time) [2]map[string]string {
	var out [2]map[string]string
	act, end, target, level := pick(r, backActs), pick(r, backEnds), pick(r, backTargets), pick(r, backLevels)
	if act == "attack.sabotage.arson" {
		end = "impact"
	}
	area, dlat, dlon := r.IntN(len(sides[0].areas)), r.Float64()*0.8-0.4, r.Float64()*0.8-0.4
	precision := pick(r, []string{"500", "2000", "5000", "15000"})
	start := day.Add(time.Duration(r.IntN(24*12)) * 5 * time.Minute)
	length := time.Duration(pick(r, []int{5, 30, 120, 600})) * time.Minute
	doubt := r.IntN(10) // 0: without a place; 1: without a time; 2, 3: an area; 4 to 6: the actor open
	for i, s := range sides {
		other := sides[1-i].party
		row := map[string]string{"id": fmt.Sprintf("%s-%s", id, s.party), "act": act, "outcome": end, "target": target, "level": level, "source": "synthetic", "actor": other}
		if end == "intercepted" {
			row["target"], row["intended_target"] = "none", target
		}
		if doubt != 1 {
			row["time_start"], row["time_end"] = start.Format(time.RFC3339), start.Add(length).Format(time.RFC3339)
		}
		switch a := s.areas[area]; doubt {
		case 0:
		case 2, 3:
			row["place"] = "area:" + a.code
		default:
			row["lat"], row["lon"], row["precision_m"] = fmt.Sprintf("%.3f", a.lat+dlat), fmt.Sprintf("%.3f", a.lon+dlon), precision
		}
		if doubt >= 4 && doubt <= 6 {
			row["actor"] = ""
		}
		row["text"] = "SYNTHETIC background event " + row["id"] + ": " + strings.ReplaceAll(act[strings.LastIndex(act, ".")+1:], "-", " ") + ", made by a generator"
		out[i] = row
	}
	return out
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// background records generated events: a data set in two editions, and reports one
// by one.
func background(b *book) {
	r := dice("background")
	var rows []map[string]string
	for i := range rowPairs {
		day := at("2025-03-12").Add(time.Duration(i*48/rowPairs) * 24 * time.Hour)
		p := pair(r, fmt.Sprintf("S-%03d", i+1), day)
		rows = append(rows, p[0], p[1])
	}
	half := rows[:len(rows)/2]
	first, second := table(half), table(rows)
	d := record.DatasetEntry{Name: "SYNTHETIC-background.csv", Format: "truce", Parser: "truce demo", Source: "synthetic", Licence: "Apache-2.0", Rows: int64(len(half)), Incidents: int64(len(half)), New: int64(len(half))}
	b.add(draft{name: "background 1", by: "desk", at: at("2025-04-06T18:00Z"), kind: "dataset@1", marking: "public", blobs: [][]byte{first}, payload: d})
	d.Rows, d.Incidents, d.New, d.Unchanged = int64(len(rows)), int64(len(rows)), int64(len(rows)-len(half)), int64(len(half))
	b.add(draft{name: "background 2", by: "desk", at: at("2025-04-29T18:00Z"), kind: "dataset@1", marking: "public", blobs: [][]byte{second}, refs: relate(record.Supersedes, "background 1"), payload: d})
	findings(b, "background 2", second, at("2025-04-29T19:00Z"))
	again := 0
	for i := range reportPairs {
		day := at("2025-03-13").Add(time.Duration(i*47/reportPairs) * 24 * time.Hour)
		twins := pair(r, fmt.Sprintf("T-%03d", i+1), day)
		second := again < againPairs && twins[0]["lat"] != "" && twins[0]["time_start"] != ""
		if second {
			again++
		}
		for k, row := range twins {
			if second {
				b.report("background again "+row["id"], []string{"patrol-2", "patrol-1"}[(i+k)%2], day.Add(27*time.Hour+time.Duration(2*i+k)*time.Minute), "public", onceMore(row), "synthetic", "SYNTHETIC")
			}
			b.report("background "+row["id"], []string{"patrol-1", "patrol-2"}[(i+k)%2], day.Add(26*time.Hour+time.Duration(2*i+k)*time.Minute), "public", row, "synthetic", "SYNTHETIC")
		}
	}
}

// onceMore is the same event as another saw it: four minutes later, about 700 m
// away, with less known.
func onceMore(row map[string]string) map[string]string {
	out := maps.Clone(row)
	out["id"] = "A" + row["id"]
	start := at(row["time_start"])
	out["time_start"], out["time_end"] = start.Add(4*time.Minute).Format(time.RFC3339), start.Add(40*time.Minute).Format(time.RFC3339)
	lat, err := strconv.ParseFloat(row["lat"], 64)
	if err != nil {
		panic("story: " + err.Error())
	}
	out["lat"], out["precision_m"] = fmt.Sprintf("%.3f", lat+0.006), "2000"
	out["act"], out["actor"] = "attack", ""
	out["text"] = "SYNTHETIC background event " + out["id"] + ": вибух, зроблено генератором"
	return out
}

// table writes rows as the incidents file.
func table(rows []map[string]string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	all := [][]string{columns}
	for _, row := range rows {
		line := make([]string, len(columns))
		for i, c := range columns {
			line[i] = row[c]
		}
		all = append(all, line)
	}
	if err := w.WriteAll(all); err != nil {
		panic("story: " + err.Error()) // a buffer takes all
	}
	return b.Bytes()
}
