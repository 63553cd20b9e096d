package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/truce-project/truce/cases"
	"github.com/truce-project/truce/internal/basemap"
	"github.com/truce-project/truce/internal/brief"
	"github.com/truce-project/truce/judge"
	"github.com/truce-project/truce/regimes"
	"github.com/truce-project/truce/terms"
	"github.com/truce-project/truce/when"
)

const demoHelp = `Demo judges the built-in story, the disputed incidents of March and April
2025, under every reading of the energy halt, and under the blanket proposal
as if it had been in force. It prints a table and writes one self-contained
page with a map and a timeline.

Then it makes the record of the story, as a mission might have kept it, and
serves it: reports that contradict each other, claims and denials, merges and
corrections, a determination with dissent, and generated background. What
never was is marked DEMO or SYNTHETIC. Nobody has to sign in, and what is
handed in is kept as long as the folder is.

Without --data the record is in a temporary folder, which is removed at the
end; the page is in truce-demo. With it, DIR/record is made once and opened
again the next time; truce verify DIR/record checks it.`

func demoCommand() *cobra.Command {
	o := &demoOptions{}
	cmd := &cobra.Command{
		Use: "demo", Short: "The built-in story: a table, a page, and its record served; nothing to set up", Long: demoHelp,
		Example: "  truce demo\n  truce demo --data /tmp/demo --listen 127.0.0.1:9000 --no-browser\n  truce demo --page-only",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVar(&o.dir, "data", "", "folder for the page and the record (default truce-demo for the page, a temporary one for the record)")
	f.StringVar(&o.borders, "map-borders", "", "GeoJSON of countries and disputed areas to draw instead of the built-in map (docs/maps.md); none draws no countries")
	f.StringVar(&o.explain, "explain", "", "print why the incident with this id is judged as it is, and neither write a page nor serve")
	f.BoolVar(&o.pageOnly, "page-only", false, "print the table, write the page, and serve nothing")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "address to serve at; port 0 takes a free one, and so does the demo where 8080 is taken")
	f.BoolVar(&o.noBrowser, "no-browser", false, "open no browser")
	return cmd
}

// demoOptions are the flags of demo.
type demoOptions struct {
	dir, explain, borders, listen string
	pageOnly, noBrowser           bool
}

func (o *demoOptions) run(cmd *cobra.Command) error {
	page := o.dir
	if page == "" {
		page = "truce-demo"
	}
	if err := demo(cmd, page, o.explain, o.borders); err != nil || o.explain != "" || o.pageOnly {
		return err
	}
	return o.serve(cmd)
}

// storyTexts are the terms of the story, and whether each is judged as if in
// force.
var storyTexts = []struct {
	id     string
	assume bool
}{{"energy-2025", false}, {"blanket-30d", true}}

func demo(cmd *cobra.Command, dir, explain, borders string) error {
	base, err := openMap(borders)
	if err != nil {
		return err
	}
	story, err := cases.Story()
	if err != nil {
		return err
	}
	page := brief.Page{Title: "The halt of strikes on energy infrastructure, March and April 2025", Engine: judge.Engine, TZData: when.TZData, Command: "truce demo", Base: base}
	page.Notes = append(page.Notes, "The blanket proposal was never in force: its column is counterfactual, judged as if it had been.")
	var judges []*judge.Judge
	for _, s := range storyTexts {
		t, err := regimes.Open(s.id)
		if err != nil {
			return err
		}
		page.Terms = append(page.Terms, t)
		js, err := underAll(t, s.assume)
		if err != nil {
			return err
		}
		judges = append(judges, js...)
	}
	for i := range story {
		row := brief.Row{Incident: &story[i].Incident}
		for _, j := range judges {
			row.Findings = append(row.Findings, j.Incident(row.Incident, nil))
		}
		page.Rows = append(page.Rows, row)
	}
	out := cmd.OutOrStdout()
	if explain != "" {
		for _, r := range page.Rows {
			if r.Incident.ID == explain {
				brief.Explain(out, r.Findings)
				return nil
			}
		}
		return fmt.Errorf("no incident %q in the story", explain)
	}
	fmt.Fprintf(out, "%s\n%d disputed incidents under every reading. A breach here means: would breach if the facts hold.\n\n", page.Title, len(page.Rows))
	brief.Matrix(out, page.Rows)
	fmt.Fprintf(out, "\n%s is judged as if in force (counterfactual): Moscow did not accept it.\n", storyTexts[1].id)
	return writePage(cmd, dir, page)
}

// openMap opens what the map of a page is drawn on.
func openMap(name string) (*basemap.Map, error) {
	switch name {
	case "":
		return basemap.World()
	case "none":
		return nil, nil
	}
	b, err := readPlain(name, basemap.MaxSize)
	if err != nil {
		return nil, unread(err)
	}
	m, err := basemap.Parse(name, b)
	if err != nil {
		return nil, unread(err)
	}
	return m, nil
}

func underAll(t *terms.Terms, assume bool) ([]*judge.Judge, error) {
	var out []*judge.Judge
	for _, id := range t.ReadingIDs() {
		r, err := t.Under(id, nil, assume)
		if err != nil {
			return nil, err
		}
		out = append(out, judge.New(r))
	}
	return out, nil
}

func writePage(cmd *cobra.Command, dir string, page brief.Page) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return unread(err)
	}
	name := filepath.Join(dir, "index.html")
	f, err := newFile(name)
	if err != nil {
		return unread(err)
	}
	if err := f.finish(brief.WritePage(f, page)); err != nil {
		return err
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "\nThe page with map and timeline: file://%s\nWhy one of them is judged so:   truce demo --explain I-05   (from the sources: go run ./cmd/truce demo --explain I-05)\n", abs)
	return nil
}
