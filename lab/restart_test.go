package lab_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
)

func TestRestart(t *testing.T) {
	t.Parallel()
	l := start(t, []string{"--no-load", "--together", "iobound,cpubound"})
	page, err := url.Parse(l.console)
	if err != nil {
		t.Fatal(err)
	}
	restart := func(port string, names ...string) (code int, said string) {
		t.Helper()
		p := testkit.Launch(t, "lab", append([]string{"restart"}, names...), "CONSOLE_PORT="+port)
		code = p.Wait().ExitCode()
		return code, p.Stdout() + p.Stderr()
	}
	for service, process := range map[string]string{"items": "items", "gateway": "gateway", "cpubound": "iobound+cpubound"} {
		before := l.pids()
		code, said := restart(page.Port(), service)
		if code != exitcode.Pass || !regexp.MustCompile(`^`+service+` +\| ready again after \d`).MatchString(said) {
			t.Errorf("restart %s: exit code %d, %s", service, code, said)
		}
		for name, pid := range l.pids() {
			if restarted := pid != before[name]; restarted != (name == process) {
				t.Errorf("restart %s: %s was process %d and is %d", service, name, before[name], pid)
			}
		}
		if alive(before[process]) {
			t.Errorf("restart %s: process %d still runs", service, before[process])
		}
	}
	if strings.Contains(l.Stdout(), "it starts again in") {
		t.Errorf("a restart counts as an end:\n%s", l.Stdout())
	}
	if code, body := testkit.Get(t, l.gateway+"/io/wait?ms=1"); code != http.StatusOK {
		t.Errorf("after the restarts: %d %s", code, body)
	}
	for _, row := range []struct {
		name, port string
		services   []string
		code       int
		says       string
	}{
		{"no name", page.Port(), nil, exitcode.Usage, "needs the name of a service"},
		{"no service", page.Port(), []string{"loadgen"}, exitcode.Usage, `unknown service "loadgen"`},
		{"no port", "0", []string{"items"}, exitcode.Usage, "CONSOLE_PORT is 0"},
		{"no lab", "1", []string{"items"}, exitcode.Error, "no lab answers at http://127.0.0.1:1"},
		{"something else", strings.TrimPrefix(l.gateway, "http://127.0.0.1:"), []string{"items"}, exitcode.Error, "no lab answers"},
	} {
		if code, said := restart(row.port, row.services...); code != row.code || !strings.Contains(said, row.says) {
			t.Errorf("%s: exit code %d, %s", row.name, code, said)
		}
	}
	// Whatever another page in the user's browser sends, it has no token.
	before := l.pids()
	response, err := http.Post(l.console+"/lab/api/v1/restart/items", "text/plain", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden || l.pids()["items"] != before["items"] {
		t.Errorf("without a token: %s", response.Status)
	}
}
