package stack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"loadlab/internal/testkit"
)

func TestPrometheusAcceptsItsConfiguration(t *testing.T) {
	testkit.Require(t, "promtool")
	out := promtool(t, "check", "config", "--lint-fatal", "--lint=all", "../../prometheus.yml")
	// A pattern of rule_files that no file matches is valid, and means no rules.
	if want := fmt.Sprintf("%d rule files found", len(files(t, "../../deploy/prometheus/*.rules.yml"))); !strings.Contains(out, want) {
		t.Errorf("not %s:\n%s", want, out)
	}
}

func TestRulesDoWhatTheySay(t *testing.T) {
	testkit.Require(t, "promtool")
	promtool(t, append([]string{"test", "rules"}, files(t, "../../deploy/prometheus/tests/*.test.yml")...)...)
}

func TestJaegerAcceptsItsConfiguration(t *testing.T) {
	testkit.Require(t, "jaeger")
	if out, err := exec.Command("jaeger", "validate", "--config", "../../deploy/jaeger/config.yaml").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func promtool(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := exec.Command("promtool", arguments...).CombinedOutput()
	if err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}

var ruleName = regexp.MustCompile(`(?m)^\s*- (?:record|alert): (\S+)`)

// A rule without a test is one that may have become wrong unseen.
func TestEveryRuleHasATest(t *testing.T) {
	tests := contents(t, "../../deploy/prometheus/tests/*.test.yml")
	rules := ruleName.FindAllStringSubmatch(contents(t, "../../deploy/prometheus/*.rules.yml"), -1)
	if len(rules) == 0 {
		t.Fatal("there are no rules")
	}
	for _, rule := range rules {
		if !regexp.MustCompile(`\b` + regexp.QuoteMeta(rule[1]) + `\b`).MatchString(tests) {
			t.Errorf("no test names the rule %s", rule[1])
		}
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no file is like %s: %v", pattern, err)
	}
	return names
}

func contents(t *testing.T, pattern string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range files(t, pattern) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
