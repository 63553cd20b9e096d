package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/truce-project/truce/internal/drill"
)

// TestDrill plays the short form of make drill: a link that is cut, a machine that is
// killed while a bit on its disk flips, and headquarters lost, taken over and back.
// Every receipt is met in the end.
func TestDrill(t *testing.T) {
	truce, err := exec.LookPath("truce")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := drill.Run(t.Context(), drill.Options{Truce: truce, Dir: t.TempDir(), Out: &out, Short: true, Seed: 7}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{"no receipt was lost", "5 were handed in again", "had flipped in wal/", "it does not write"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the drill does not say %q:\n%s", want, out.String())
		}
	}
}

// TestFaults plays faults between an office and headquarters, which follow each other,
// with real processes. With TRUCE_SOAK it plays longer.
func TestFaults(t *testing.T) {
	truce, err := exec.LookPath("truce")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o := drill.Options{Truce: truce, Dir: t.TempDir(), Out: &out, Short: os.Getenv("TRUCE_SOAK") == "", Clock: true, Seed: 7}
	if !o.Short { // it takes a while: what happens is seen as it does
		o.Out = io.MultiWriter(&out, os.Stderr)
	}
	if err := drill.Faults(t.Context(), o); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if strings.Contains(line, "NOT DONE") {
			t.Log(line)
		}
	}
	for _, want := range []string{"kills came before all of it was there", "the message, entry", "clocks differ, by 2h0m", "clocks differ, by -48h0m", "headquarters starts, and says"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the drill does not say %q:\n%s", want, out.String())
		}
	}
	t.Log(out.String())
}

// TestNamespaces plays links that fail on networks of the kernel.
func TestNamespaces(t *testing.T) {
	truce, err := exec.LookPath("truce")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = drill.Namespaces(t.Context(), drill.Options{Truce: truce, Dir: t.TempDir(), Out: &out, Short: true, Seed: 7})
	if errors.Is(err, drill.ErrNoNamespaces) {
		t.Skipf("SKIPPED: links that fail were not played on a network of the kernel, only by a proxy: %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	t.Log(out.String())
}
