package daily

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Browsers are programs that can print the page, in the order in which they are
// looked for.
var Browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"}

// FindBrowser finds one of them.
func FindBrowser() (string, error) {
	for _, name := range Browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("PDF and PNG are made by Chromium, which alone lays out Cyrillic and right-to-left text rightly, and none of %s is on this machine: install it (Debian and Ubuntu: apt-get install chromium; Fedora: dnf install chromium; macOS and Windows: Chrome or Edge), name the program with --browser, or write .html or .svg, which any browser prints", strings.Join(Browsers, ", "))
}

// printTime bounds how long a browser may take.
const printTime = 2 * time.Minute

// PDF prints a page of WriteHTML. A browser does it, since it alone lays out Cyrillic
// and right-to-left text rightly, repeats the heads of tables and tags what it
// writes. The page has no script and may load nothing.
func PDF(ctx context.Context, browser string, page []byte) ([]byte, error) {
	b, err := headless(ctx, browser, "report.html", page, "report.pdf", "--no-pdf-header-footer", "--print-to-pdf=")
	if err == nil && !bytes.HasPrefix(b, []byte("%PDF-")) {
		err = fmt.Errorf("%s ended and wrote no PDF", browser)
	}
	return b, err
}

// pngScale is how many pixels a unit of a drawing has on each side.
const pngScale = 2

var viewBox = regexp.MustCompile(`viewBox="0 0 ([0-9.]+) ([0-9.]+)"`)

// PNG draws a map or chart in pixels, on white.
func PNG(ctx context.Context, browser, svg string) ([]byte, error) {
	m := viewBox.FindStringSubmatch(svg)
	if m == nil {
		return nil, errors.New("a picture without a viewBox has no size")
	}
	var w, h float64
	if _, err := fmt.Sscan(m[1]+" "+m[2], &w, &h); err != nil {
		return nil, err
	}
	page := fmt.Sprintf(`<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"><style>html,body{margin:0;background:#fff}svg{display:block;width:%.0fpx;height:%.0fpx}</style>%s`, w, h, svg)
	b, err := headless(ctx, browser, "picture.html", []byte(page), "picture.png", fmt.Sprintf("--window-size=%.0f,%.0f", math.Ceil(w), math.Ceil(h)), fmt.Sprintf("--force-device-scale-factor=%d", pngScale), "--hide-scrollbars", "--screenshot=")
	if err == nil && !bytes.HasPrefix(b, []byte("\x89PNG")) {
		err = fmt.Errorf("%s ended and wrote no PNG", browser)
	}
	return b, err
}

// headless opens a page in a browser that nobody sees, and returns what it writes; the
// last argument is the one that names the file to write.
func headless(ctx context.Context, browser, in string, page []byte, out string, args ...string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "truce-report-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	in, out = filepath.Join(dir, in), filepath.Join(dir, out)
	if err := os.WriteFile(in, page, 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, printTime)
	defer cancel()
	all := []string{"--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		"--user-data-dir=" + filepath.Join(dir, "profile")}
	if os.Geteuid() == 0 { // its sandbox refuses root
		all = append(all, "--no-sandbox")
	}
	args[len(args)-1] += out
	cmd := exec.CommandContext(ctx, browser, append(append(all, args...), "file://"+in)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s could not print the page: %w: %s", browser, err, lastLine(said.Bytes()))
	}
	b, err := os.ReadFile(out)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s ended and wrote nothing: %s", browser, lastLine(said.Bytes())), err)
	}
	return b, nil
}

func lastLine(b []byte) []byte {
	b = bytes.TrimSpace(b)
	return b[bytes.LastIndexByte(b, '\n')+1:]
}
