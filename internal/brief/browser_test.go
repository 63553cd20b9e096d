package brief

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPageInABrowser opens the page in Chromium, selects an incident by its
// address and wants its card open, the script run, and the hostile text of
// the fixture not run.
func TestPageInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: no chromium on this machine, so the page was not opened in a browser; `make test` installs it")
	}
	file := filepath.Join(t.TempDir(), "index.html")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := WritePage(f, testPage(t)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--virtual-time-budget=5000", "--dump-dom", "file://"+file+"#incident-1").Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	dom := string(out)
	for _, want := range []string{`class="js open"`, `aria-current="true"`} {
		if !strings.Contains(dom, want) {
			t.Errorf("after the script the page does not hold %s", want)
		}
	}
	if strings.Contains(dom, "<title>PWNED") {
		t.Error("hostile text of an incident was run")
	}
}

// TestComparePageInABrowser opens pages of comparisons and wants no word from
// the console, which speaks of whatever the policy stops; a page with such a
// thing in it shows that it does.
func TestComparePageInABrowser(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: no chromium on this machine, so the pages were not opened in a browser; `make test` installs it")
	}
	amendment := writtenComparison(t, comparePages(t)["amendment"])
	for name, c := range map[string]struct {
		page string
		says bool
	}{
		"amendment": {amendment, false},
		"control":   {strings.Replace(amendment, "<main", `<p style="color:red">x</p><main`, 1), true},
	} {
		file := filepath.Join(t.TempDir(), "page.html")
		if err := os.WriteFile(file, []byte(c.page), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		cmd := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
			"--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom", "file://"+file)
		var logged strings.Builder
		cmd.Stderr = &logged
		dom, err := cmd.Output()
		cancel()
		if err != nil {
			t.Fatalf("chromium: %v", err)
		}
		if says := strings.Contains(logged.String(), "CONSOLE"); says != c.says {
			t.Errorf("%s: the console speaks: %v, want %v\n%s", name, says, c.says, logged.String())
		}
		if strings.Contains(string(dom), "<title>PWNED") {
			t.Errorf("%s: hostile text was run", name)
		}
	}
}
