package console_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"

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

// TestPageComputesQueries parses the page's own queries as Prometheus does.
func TestPageComputesQueries(t *testing.T) {
	testkit.Require(t, "node")
	output, err := exec.CommandContext(t.Context(), "node", "pagetest/queries.js").Output()
	if err != nil {
		t.Fatal(err)
	}
	var queries []string
	if err := json.Unmarshal(output, &queries); err != nil || len(queries) == 0 {
		t.Fatalf("the queries are %s: %v", output, err)
	}
	for _, query := range queries {
		if _, err := parser.NewParser(parser.Options{}).ParseExpr(query); err != nil {
			t.Errorf("%s: %v", query, err)
		}
	}
}
