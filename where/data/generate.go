//go:build ignore

// Generate writes areas.geojson from the source boundaries:
//
//	go run generate.go -ua ukraine.geojson -ru russia.geojson
//
// Run it in the folder where/data; it reads areas.csv there.
package main

import (
	"flag"
	"log"
	"os"

	"github.com/truce-project/truce/where/internal/areagen"
)

func main() {
	ua := flag.String("ua", "", "GeoJSON of the regions of Ukraine")
	ru := flag.String("ru", "", "GeoJSON of the regions of Russia")
	table := flag.String("table", "areas.csv", "table of codes")
	out := flag.String("out", "areas.geojson", "file to write")
	flag.Parse()
	data, err := areagen.Generate(read(*table), read(*ua), read(*ru))
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
