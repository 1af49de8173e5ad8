package stack

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
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

// Names of storages and numbers are read only at the start.
func TestJaegerStartsWithItsConfiguration(t *testing.T) {
	testkit.Require(t, "jaeger")
	health := testkit.FreeAddress(t)
	arguments := []string{"--config", "../../deploy/jaeger/config.yaml", "--set=extensions.healthcheckv2.http.endpoint=" + health}
	for _, listener := range []string{
		"extensions.jaeger_query.http.endpoint", "extensions.jaeger_query.grpc.endpoint",
		"receivers.otlp.protocols.grpc.endpoint", "receivers.otlp.protocols.http.endpoint", "exporters.prometheus.endpoint",
	} {
		arguments = append(arguments, "--set="+listener+"="+testkit.FreeAddress(t))
	}
	// This listener is an element of a list, which no flag can change.
	arguments = append(arguments, "--set=service.telemetry.metrics.level=none", "--set=service.telemetry.metrics.readers=[]")
	var said testkit.Output
	jaeger := exec.CommandContext(t.Context(), "jaeger", arguments...)
	jaeger.Stdout, jaeger.Stderr = &said, &said
	if err := jaeger.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- jaeger.Wait() }()
	defer func() {
		_ = jaeger.Process.Kill() // it may have ended
		<-ended
	}()
	eventually(t, time.Minute, func(ctx context.Context) error {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%v\n%s", err, last(said.String()))
		default:
		}
		return observe.Get(ctx, "http://"+health+"/status", &struct{}{})
	})
	if t.Failed() {
		t.Log(last(said.String()))
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
