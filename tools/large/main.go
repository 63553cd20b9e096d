// Command large writes a seeded history of any length, as a folder of CSV or
// Parquet that `truce judge` reads in partitions, to measure with (docs/large.md).
// A row depends on the seed and its number alone, so that a shorter history is the
// beginning of a longer one, however it is cut into files.
//
//	go run ./tools/large -rows 100000000 -dir history
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// row is one event; the names are those of the incidents file.
type row struct {
	ID        string    `parquet:"id"`
	Start     time.Time `parquet:"time_start,timestamp(millisecond)"`
	Lat       float64   `parquet:"lat"`
	Lon       float64   `parquet:"lon"`
	Precision int64     `parquet:"precision_m"`
	Actor     string    `parquet:"actor,dict"`
	Act       string    `parquet:"act,dict"`
	Target    string    `parquet:"target,dict"`
}

var (
	actors  = []string{"RU", "UA", "RU|UA", ""}
	acts    = []string{"attack.strike.drone", "attack.strike.missile", "attack.strike.artillery", "attack.ground", "attack", "movement"}
	targets = []string{"energy.power.substation", "energy.oil.refinery", "civilian.residential", "military.depot", "infra.rail.station", "energy", ""}
	radii   = []int64{0, 100, 1000, 5000}
	began   = time.Date(2022, 2, 24, 0, 0, 0, 0, time.UTC)
)

// years of minutes over which events are spread.
const minutes = 4 * 365 * 24 * 60

// mix is the finaliser of splitmix64.
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// event is the event of a number. Half lie along a line from the south to the east,
// the others anywhere between 44 and 52 degrees north, 22 and 40 east.
func event(seed uint64, n int64) row {
	state := mix(seed ^ uint64(n)*0xd1342543de82ef95)
	next := func(k uint64) uint64 { state = mix(state); return state % k }
	part := func() float64 { return float64(next(1_000_000)) / 1e6 }
	r := row{Start: began.Add(time.Duration(next(minutes)) * time.Minute), Actor: actors[min(next(5), 3)], Act: acts[next(uint64(len(acts)))], Target: targets[next(uint64(len(targets)))], Precision: radii[next(uint64(len(radii)))]}
	if next(2) == 0 {
		t := part()
		r.Lat, r.Lon = 46.6+3.4*t+0.3*(part()-part()), 32.5+5.5*t+0.3*(part()-part())
	} else {
		r.Lat, r.Lon = 44+8*part(), 22+18*part()
	}
	r.Lat, r.Lon = math.Round(r.Lat*1e6)/1e6, math.Round(r.Lon*1e6)/1e6
	r.ID = strconv.FormatInt(n+1, 10)
	return r
}

const header = "id,time_start,lat,lon,precision_m,actor,act,target\n"

// line appends a row as CSV.
func line(b []byte, r *row) []byte {
	b = append(append(b, r.ID...), ',')
	b = append(r.Start.AppendFormat(b, time.RFC3339), ',')
	b = append(strconv.AppendFloat(b, r.Lat, 'f', 6, 64), ',')
	b = append(strconv.AppendFloat(b, r.Lon, 'f', 6, 64), ',')
	b = append(strconv.AppendInt(b, r.Precision, 10), ',')
	b = append(append(b, r.Actor...), ',')
	b = append(append(b, r.Act...), ',')
	return append(append(b, r.Target...), '\n')
}

func writeCSV(w io.Writer, seed uint64, from, to int64) error {
	out := bufio.NewWriterSize(w, 1<<20)
	out.WriteString(header)
	var b []byte
	for n := from; n < to; n++ {
		r := event(seed, n)
		b = line(b[:0], &r)
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	return out.Flush()
}

func writeParquet(w io.Writer, seed uint64, from, to, group int64) error {
	out := parquet.NewGenericWriter[row](w, parquet.Compression(&zstd.Codec{}), parquet.MaxRowsPerRowGroup(group))
	rows := make([]row, 0, 8192)
	for n := from; n < to; {
		rows = rows[:0]
		for ; n < to && len(rows) < cap(rows); n++ {
			rows = append(rows, event(seed, n))
		}
		if _, err := out.Write(rows); err != nil {
			return err
		}
	}
	return out.Close()
}

func main() {
	log.SetFlags(0)
	rows := flag.Int64("rows", 1_000_000, "how many events")
	dir := flag.String("dir", "", "folder to write into; it is made")
	each := flag.Int64("each", 10_000_000, "events in a file")
	seed := flag.Uint64("seed", 20250324, "seed")
	format := flag.String("format", "csv", "csv or parquet (in row groups of 500,000, packed with zstd)")
	flag.Parse()
	if *dir == "" || *rows < 1 || *each < 1 || *format != "csv" && *format != "parquet" {
		flag.Usage()
		os.Exit(2)
	}
	if err := write(*dir, *format, *seed, *rows, *each); err != nil {
		log.Fatal(err)
	}
}

func write(dir, format string, seed uint64, rows, each int64) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for k, from := 0, int64(0); from < rows; k, from = k+1, from+each {
		to := min(from+each, rows)
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%04d.%s", k, format)))
		if err != nil {
			return err
		}
		if format == "csv" {
			err = writeCSV(f, seed, from, to)
		} else {
			err = writeParquet(f, seed, from, to, 500_000)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}
