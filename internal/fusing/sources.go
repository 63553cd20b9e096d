package fusing

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"

	"github.com/truce-project/truce/evidence"
)

//go:embed data/sources.csv
var data embed.FS

// Sources is the built-in register of sources: who is whose, under which names.
var Sources = sync.OnceValue(func() *evidence.Sources { return evidence.NewSources(builtin()) })

func builtin() []evidence.Source {
	f, err := data.Open("data/sources.csv")
	if err != nil {
		panic(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		panic(fmt.Sprintf("data/sources.csv: %v", err))
	}
	var out []evidence.Source
	for _, r := range rows[1:] {
		out = append(out, evidence.Source{ID: r[0], Kind: r[1], Party: r[2], Aliases: parts(r[3]), Domains: parts(r[4])})
	}
	return out
}

func parts(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "|")
}
