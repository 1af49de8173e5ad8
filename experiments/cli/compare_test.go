package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	folder := t.TempDir()
	for _, row := range []struct{ name, text string }{{"broken", "{"}, {"future", `{"schema": 2, "name": "cpu-saturation"}`}} {
		if err := os.WriteFile(filepath.Join(folder, row.name), []byte(row.text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const a, b = "../result/testdata/cpu-saturation.json", "../result/testdata/tutorial-io.json"
	page := filepath.Join(folder, "page.html")
	for _, row := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"a result with itself", []string{a, a, "--html", page}, 0, "Not significant: none of", ""},
		{"two experiments", []string{a, b}, 2, "", "different experiments, cpu-saturation with tutorial-io"},
		{"two files that cannot be read", []string{filepath.Join(folder, "broken"), filepath.Join(folder, "future")}, 2, "", "version 2 of the schema"},
		{"no such file", []string{a, filepath.Join(folder, "none")}, 2, "", "none"},
		{"one file", []string{a}, 2, "", "two results"},
		{"a page that cannot be written", []string{"--html", folder, a, a}, 1, "", "keep result"},
		{"an unknown flag", []string{"--pdf", a, a}, 2, "", "pdf"},
		{"help", []string{"--help"}, 0, "", "-html"},
	} {
		t.Run(row.name, func(t *testing.T) {
			code, stdout, stderr := command(t, append([]string{"compare"}, row.args...)...)
			if code != row.code || !strings.Contains(stdout, row.stdout) || !strings.Contains(stderr, row.stderr) {
				t.Errorf("exit code %d\n%s\n%s", code, stdout, stderr)
			}
		})
	}
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "two runs side by side") {
		t.Errorf("page: %v", err)
	}
}
