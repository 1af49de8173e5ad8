package stack

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// refused are values that a container does not start with, each with the program's
// own words for it. Where they quote the value, the variable's name comes first.
func refused() []struct{ kind, service, variable, value, says string } {
	return []struct{ kind, service, variable, value, says string }{
		{"no number", "iobound", "MAX_CONCURRENCY", "many", "not a whole number"},
		{"a fraction", "loadgen", "LOADGEN_COUNT", "1.5", "not a whole number"},
		{"a duration without a unit", "gateway", "SHUTDOWN_TIMEOUT", "8", "not a duration"},
		{"none of the words", "mixed", "LOG_LEVEL", "loud", "debug, info, warn, error"},
		{"neither word nor number", "cpubound", "CPUBOUND_COMPUTE_SLOTS", "some", "neither auto nor a whole number"},
		{"below the bounds", "items", "DATABASE_MAX_CONNECTIONS", "-1", "too small"},
		{"above the bounds", "iobound", "OTEL_TRACES_SAMPLER_ARG", "2", "too large"},
		{"no URL", "iobound", "OTEL_EXPORTER_OTLP_ENDPOINT", "jaeger", "not a base URL"},
		{"not known", "loadgen", "LOADGEN_SCENARIO", "nowhere", "neither tour, nor steady, nor a file"},
		{"no truth value", "loadgen", "LOADGEN_KEEPALIVE", "perhaps", "not a truth value"},
		{"no host", "console", "CONSOLE_HOSTS", "a/b", "not a host name"},
		{"no duration, of Prometheus", "prometheus", "PROMETHEUS_RETENTION", "long", `not a valid duration string: "long"`},
		{"no number, of Jaeger", "jaeger", "JAEGER_MAX_TRACES", "many", "max_traces"},
	}
}

// endsWithin is generous: a container that accepts the value would run for ever.
const endsWithin = 2 * time.Minute

// checkRefusedValues gives each value to a container of its own.
func checkRefusedValues(t *testing.T, c *composition) {
	for _, row := range refused() {
		t.Run(row.kind, func(t *testing.T) {
			t.Parallel()
			out, err := c.with(map[string]string{row.variable: row.value}).tryWithin(endsWithin, "run", "--rm", "--no-deps", "-T", row.service)
			if err == nil || !strings.Contains(err.Error(), row.says) {
				t.Errorf("%s=%s: %v, not %q\n%s", row.variable, row.value, err, row.says, out)
			}
			name := strings.TrimPrefix(row.variable, strings.ToUpper(row.service)+"_")
			if own := slices.Contains(services(), row.service); own && err != nil && !strings.Contains(err.Error(), name+`="`) {
				t.Errorf("%s=%s: the variable is not named: %v", row.variable, row.value, err)
			}
		})
	}
}

// checkWrongValue requires up to fail, and the service's own sentence in its log.
func checkWrongValue(t *testing.T, c *composition, names []string) {
	for service, wrong := range map[string][2]string{"loadgen": {"LOADGEN_RATE", "abc"}, "iobound": {"IOBOUND_ROUTES", "/x"}} {
		other := c.with(map[string]string{wrong[0]: wrong[1]})
		if out, err := other.try(append([]string{"up", "--detach", "--no-build", "--wait", "--wait-timeout", "90"}, names...)...); err == nil {
			t.Errorf("%s=%s: up says nothing: %s", wrong[0], wrong[1], out)
		}
		if out := other.run(t, "ps", "--all", "--format", "{{.Service}} {{.Status}}"); !regexp.MustCompile(`(?m)^` + service + ` (Restarting|Up (Less than )?\w+ seconds? )`).MatchString(out) {
			t.Errorf("%s=%s: ps does not show that %s restarts:\n%s", wrong[0], wrong[1], service, out)
		}
		variable := strings.TrimPrefix(wrong[0], "IOBOUND_")
		if out := other.run(t, "logs", "--no-color", "--tail", "5", service); !strings.Contains(out, variable+`="`+wrong[1]+`"`) {
			t.Errorf("%s=%s: the log of %s does not name it: %s", wrong[0], wrong[1], service, out)
		}
		if service == "loadgen" {
			other.consoleSays(t, http.StatusServiceUnavailable, "refused to start", wrong[0]+`=\"`+wrong[1]+`\"`)
		}
	}
	c.start(t, names...)
	c.consoleSays(t, http.StatusOK, `"scenario":"tour"`)
}
