package watch

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/truce-project/truce/evidence"
)

// Method is how well a kind of means finds a fact out.
type Method struct {
	Chance   float64
	Level    evidence.Level // how well it is established then
	HalfLife time.Duration  // after which half of the evidence is gone; 0: it stays
	Why      string
}

//go:embed data/methods.csv
var methodsCSV string

var methods = readMethods(methodsCSV)

// readMethods reads the table that comes with the program; it does not change.
func readMethods(text string) map[Kind]map[string]Method {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic("watch: methods.csv: " + err.Error())
	}
	out := map[Kind]map[string]Method{}
	for i, r := range rows[1:] {
		m := Method{Why: r[5]}
		var days float64
		var err1, err2, err3 error
		m.Chance, err1 = strconv.ParseFloat(r[2], 64)
		m.Level, err2 = evidence.ParseLevel(r[3])
		if r[4] != "" {
			days, err3 = strconv.ParseFloat(r[4], 64)
		}
		if err1 != nil || err2 != nil || err3 != nil {
			panic(fmt.Sprintf("watch: methods.csv: row %d cannot be read", i+2))
		}
		m.HalfLife = time.Duration(days * float64(24*time.Hour))
		if out[Kind(r[0])] == nil {
			out[Kind(r[0])] = map[string]Method{}
		}
		out[Kind(r[0])][r[1]] = m
	}
	return out
}

// method is how a means finds a fact out; ok is false if it cannot. Questions of
// the text are one fact, "text".
func (m *Means) method(fact string) (Method, bool) {
	if strings.HasPrefix(fact, "text.") {
		fact = "text"
	}
	if fact == "intended_target" || fact == "intends" {
		fact = "intended_target"
	}
	x, ok := methods[m.Kind][fact]
	if c, own := m.Finds[fact]; own {
		if !ok {
			x = Method{Level: evidence.Reported, Why: "as the means file says"}
		}
		x.Chance, ok = c, true
	}
	return x, ok && x.Chance > 0
}
