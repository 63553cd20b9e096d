//go:build ignore

// Generate writes world.topojson from countries-10m.json of the npm package
// world-atlas 2.0.2:
//
//	npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
//	go run generate.go -countries package/countries-10m.json
//
// Run it in the folder internal/basemap/data; it reads disputed.csv there.
package main

import (
	"flag"
	"log"
	"os"

	"github.com/truce-project/truce/internal/basemap/gen"
)

func main() {
	countries := flag.String("countries", "", "TopoJSON of countries")
	table := flag.String("disputed", "disputed.csv", "table of disputed areas")
	out := flag.String("out", "world.topojson", "file to write")
	flag.Parse()
	data, err := gen.Generate(read(*countries), read(*table))
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*out, data, 0o644); err != nil {
		log.Fatal(err)
	}
}

func read(name string) []byte {
	data, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err)
	}
	return data
}
