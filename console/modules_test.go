package console_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"loadlab/internal/testkit"
)

// TestPageComputes runs the tests of those modules of the page that touch no element.
func TestPageComputes(t *testing.T) {
	testkit.Require(t, "node")
	tests, err := filepath.Glob("pagetest/*.test.js")
	if err != nil || len(tests) == 0 {
		t.Fatalf("no tests of the page: %v", err)
	}
	node := exec.CommandContext(t.Context(), "node", append([]string{"--test"}, tests...)...)
	if output, err := node.CombinedOutput(); err != nil {
		t.Fatalf("node --test: %v\n%s", err, output)
	}
}
