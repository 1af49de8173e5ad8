package console_test

import (
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

func TestPageAndItsFiles(t *testing.T) {
	l := full(t)
	page := l.get(t, "/")
	if page.status != 200 || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", page.status, page.header)
	}
	policy := page.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "connect-src 'self'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, part) {
			t.Errorf("the policy %q lacks %s", policy, part)
		}
	}
	for _, link := range regexp.MustCompile(`(?:src|href)="(/[^"]*)"`).FindAllStringSubmatch(page.body, -1) {
		file := l.get(t, link[1])
		if file.status != 200 {
			t.Errorf("%s: %d", link[1], file.status)
		}
		if file.header.Get("X-Content-Type-Options") != "nosniff" || file.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %v", link[1], file.header)
		}
		again := l.do(t, http.MethodGet, link[1], "", func(r *http.Request) { r.Header.Set("If-None-Match", file.header.Get("ETag")) })
		if again.status != http.StatusNotModified {
			t.Errorf("%s with its tag: %d", link[1], again.status)
		}
	}
}

// files calls check with each file of the page that is the lab's own.
func files(t *testing.T, ext string, check func(name, text string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("static"), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ext || strings.HasPrefix(name, "vendor/") {
			return err
		}
		text, err := os.ReadFile(path.Join("static", name))
		check(name, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestModulesAreServed(t *testing.T) {
	l := full(t)
	imports := regexp.MustCompile(`(?m)(?:from|import) '(\.[^']*)';`)
	files(t, ".js", func(name, text string) {
		for _, found := range imports.FindAllStringSubmatch(text, -1) {
			target := path.Join("/static", path.Dir(name), found[1])
			if got := l.get(t, target); got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/javascript") {
				t.Errorf("%s imports %s: %d %s", name, target, got.status, got.header.Get("Content-Type"))
			}
		}
	})
}

// TestPageIsWithinItsPolicy finds what the browser would refuse, or what would
// make markup of a service's text.
func TestPageIsWithinItsPolicy(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|https?://[^w\s'"]|style: ?['"` + "`" + `]`)
	files(t, ".js", func(name, text string) {
		if found := forbidden.FindString(text); found != "" && !strings.Contains(text, "http://www.w3.org/2000/svg") {
			t.Errorf("%s has %s", name, found)
		}
		if lines := strings.Count(text, "\n"); lines > 300 {
			t.Errorf("%s has %d lines, more than 300", name, lines)
		}
	})
	files(t, ".html", func(name, text string) {
		if found := regexp.MustCompile(`style=|<style|<script>| on[a-z]+=|https?://`).FindString(text); found != "" {
			t.Errorf("%s has %s", name, found)
		}
	})
}
