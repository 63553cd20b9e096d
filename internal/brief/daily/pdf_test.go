package daily

import (
	"bytes"
	"image/png"
	"os/exec"
	"strings"
	"testing"
)

// TestPDF prints a page with Cyrillic and right-to-left text, and reads it back.
func TestPDF(t *testing.T) {
	browser, err := FindBrowser()
	if err != nil {
		t.Skip("SKIPPED: no Chromium on this machine, so nothing was printed; `make test` installs it")
	}
	records := week(t)
	records[7].Damage = "تضرر سقف المنزل في 2025"
	var page bytes.Buffer
	if err := made(t, input(t, "uk", records)).WriteHTML(&page); err != nil {
		t.Fatal(err)
	}
	pdf, err := PDF(t.Context(), browser, page.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	reader, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("SKIPPED: no pdftotext on this machine, so the text of the PDF was not read back")
	}
	cmd := exec.CommandContext(t.Context(), reader, "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Щоденний звіт 216/2020", "порушень режиму припинення вогню", "2025"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the PDF does not say %q", want)
		}
	}
	if !strings.ContainsAny(string(text), "سقفﺳﻘﻒ") {
		t.Error("the PDF lost the right-to-left text")
	}
}

// TestPNG draws the map and the chart in pixels, at twice their size.
func TestPNG(t *testing.T) {
	browser, err := FindBrowser()
	if err != nil {
		t.Skip("SKIPPED: no Chromium on this machine, so nothing was drawn; `make test` installs it")
	}
	r := made(t, input(t, "uk", week(t)))
	b, err := PNG(t.Context(), browser, r.Graphic("chart").SVG)
	if err != nil {
		t.Fatal(err)
	}
	p, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil || p.Width != 2*920 || p.Height != 2*260 {
		t.Errorf("%dx%d, %v", p.Width, p.Height, err)
	}
	if _, err := PNG(t.Context(), browser, "<p>no picture</p>"); err == nil {
		t.Error("what is no picture was drawn")
	}
}

// TestNoBrowser: without a browser the error says what to install, and what to write
// instead.
func TestNoBrowser(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := FindBrowser()
	if err == nil {
		t.Fatal("a browser was found in an empty folder")
	}
	for _, want := range []string{"apt-get install chromium", "--browser", ".html"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: does not name %s", err, want)
		}
	}
}
