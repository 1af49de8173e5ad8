package stack

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/test/readme"
)

// seen covers the tour's glance, its climb, and what a started container needs.
const seen = 2 * time.Minute

// turned is what a command of the README changes, by a piece of the command that
// no other has. Prometheus has to have a result for each expression.
func turned() map[string][]string {
	const queue = `sum(rate(lab_work_seconds_total{job="%s", part="queue"}[20s])) / sum(rate(lab_work_seconds_total{job="%s"}[20s]))`
	share := func(job string) string { return strings.ReplaceAll(queue, "%s", job) }
	const (
		asked  = `sum(rate(loadgen_scheduled_total{target="GET /cpu/spin"}[10s]))`
		served = `sum(rate(http_server_request_duration_seconds_count{job="cpubound", http_route="/cpu/spin", http_response_status_code="200"}[10s]))`
		refuse = `sum(rate(loadgen_requests_total{target="GET /cpu/spin", http_response_status_code="503"}[10s]))`
		waits  = `histogram_quantile(0.9, sum(rate(loadgen_response_time_seconds{target="GET /io/wait"}[10s])))`
	)
	return map[string][]string{
		"LOADGEN_RATE=120 docker": {
			asked + ` > 300`, refuse + ` > 10`, share("cpubound") + ` > 0.8`, share("iobound") + ` < 0.2`, waits + ` < 0.1`,
		},
		"LOADGEN_RATE=120 CPUBOUND_CPUS=2 docker": {
			asked + ` > 300`, `max(lab_cgroup_cpu_limit_cores{job="cpubound"}) == 2`, `max(lab_compute_cores{job="cpubound"}) == 2`,
			served + ` > 110`, // more than one core can do
		},
		"DATABASE_MAX_CONNECTIONS=1 docker": {
			`max(go_sql_max_open_connections{job="items"}) == 1`, `sum(loadgen_target_concurrency) == 10`,
			share("items") + ` > 0.6`, `sum(rate(process_cpu_seconds_total{job="items"}[20s])) < 0.8 * max(lab_cgroup_cpu_limit_cores{job="items"})`,
		},
	}
}

// elsewhere are the commands of the README that other tests of this package run.
func elsewhere() map[string]string {
	return map[string]string{
		"docker compose up":           "TestStack",
		"docker compose ps":           "checkConfinement, by the health that it shows",
		"docker compose ps -a":        "checkWrongValue",
		"docker compose logs NAME":    "checkLogs",
		"docker compose up -d --wait": "checkWrongValue",
		"docker compose down -v":      "checkDown",
	}
}

// composeCommands are the commands of the README that turn something.
func composeCommands(t *testing.T) []string {
	t.Helper()
	text, err := readme.Text("../..")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, command := range readme.Commands(text) {
		if readme.OfCompose(command) && elsewhere()[command] == "" {
			found = append(found, command)
		}
	}
	return found
}

// effects are the expressions that belong to a command.
func effects(command string) []string {
	for piece, expressions := range turned() {
		if strings.Contains(command, piece) {
			return expressions
		}
	}
	return nil
}

// Each command of the README that needs containers has a check, and sets only
// existing variables.
func TestREADMEHasCommandsWithAKnownEffect(t *testing.T) {
	commands := composeCommands(t)
	if len(commands) != len(turned()) {
		t.Errorf("%d commands of the README turn something, %d have a check", len(commands), len(turned()))
	}
	for _, command := range commands {
		if effects(command) == nil {
			t.Errorf("no check knows what %q does", command)
		}
		variables, _ := readme.Words(command)
		for name := range variables {
			if _, known := example(t)[name]; !known {
				t.Errorf("%q sets %s, which is no variable of docker-compose.yml", command, name)
			}
		}
	}
}

// TestREADMECommandsDoWhatTheySay runs them one after the other on one stack, as a
// reader would, so that each shows that nothing of the one before is left.
func TestREADMECommandsDoWhatTheySay(t *testing.T) {
	c := newComposition(t)
	names := c.all(t)
	c.run(t, "build")
	c.start(t, names...)
	for _, command := range composeCommands(t) {
		t.Run(command, func(t *testing.T) {
			variables, words := readme.Words(command)
			// Without Grafana's image the containers have to be named.
			c.with(variables).run(t, append(words[2:], names...)...)
			missing := effects(command)
			eventually(t, seen, func(ctx context.Context) (err error) {
				for _, expr := range slices.Clone(missing) {
					if wrong := c.hasValue(ctx, expr); wrong != nil {
						err = wrong
						continue
					}
					missing = slices.DeleteFunc(missing, func(other string) bool { return other == expr })
				}
				return err
			})
		})
	}
}

// The commands are whole for Compose too, which needs no engine to read its file.
func TestREADMECommandsAreReadByCompose(t *testing.T) {
	if _, err := exec.LookPath("docker"); err != nil {
		t.Skip("needs Docker Compose: " + err.Error())
	}
	if os.Getenv("LAB_STACK") != "1" && os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("needs Docker Compose: set LAB_STACK=1")
	}
	for _, command := range composeCommands(t) {
		variables, _ := readme.Words(command)
		out, err := docker("../..", variables, "compose", "--env-file", "/dev/null", "config")
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range variables {
			if name != "CPUBOUND_CPUS" && !strings.Contains(out, name+": "+value) && !strings.Contains(out, name+`: "`+value+`"`) {
				t.Errorf("%s: the containers do not get %s=%s", command, name, value)
			}
		}
	}
}
