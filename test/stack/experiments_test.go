package stack

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// checkExperiments runs them against the containers and in one of their own.
// The verdict does not matter here: the stack disturbs the measurement.
func checkExperiments(t *testing.T, c *composition) {
	measured := regexp.MustCompile(`(?m)^([a-z-]+): (HOLDS|DOES NOT HOLD|NOT SIGNIFICANT)$`)
	for _, row := range []struct {
		name  string
		words []string
		want  *regexp.Regexp
	}{
		{"against the containers", []string{"--no-deps", "console", "run", "--quick", "tutorial-io"}, measured},
		{"with a setting that they have not", []string{"--no-deps", "console", "run", "--quick", "overload"}, regexp.MustCompile(`(?s)overload: INVALID.*CPUBOUND_SHEDDING_URL`)},
		{"with services of its own", []string{"--build", "lab", "run", "--quick", "tutorial-blocking"}, measured},
	} {
		t.Run(row.name, func(t *testing.T) {
			// A verdict may be an exit code; only the output shows which it was.
			if out, err := c.try(append([]string{"run", "--rm", "-T"}, row.words...)...); !row.want.MatchString(out) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	response, err := http.Get(c.url("CONSOLE_PORT") + "/experiments/api/v1/runs")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	listed, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"tutorial-io", "overload", "tutorial-blocking"} {
		if !strings.Contains(string(listed), `"name":"`+name+`"`) {
			t.Errorf("the console does not list %s: %s", name, listed)
		}
	}
}
