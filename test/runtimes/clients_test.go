package runtimes

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/runtimes"
	"loadlab/runtimes/nethttp"
)

// python is the interpreter of a server, for a program of the same folder.
func python(t *testing.T, name string) string {
	t.Helper()
	server, _ := runtimes.Named(name)
	requireServer(t, server)
	command, err := server.Command(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return command[0]
}

var (
	spaces = regexp.MustCompile(`\s\s+`)
	sent   = regexp.MustCompile(`(?m)^(\d{3} \S+ \S+) \S+$`)
)

// table returns the requests that a client has printed, sorted, and of its table
// of targets all but the times.
func table(t *testing.T, out string) (requests, targets []string) {
	t.Helper()
	for _, match := range sent.FindAllStringSubmatch(out, -1) {
		requests = append(requests, match[1])
	}
	slices.Sort(requests)
	at := strings.Index(out, "\ntarget")
	if at < 0 {
		t.Fatalf("no table of targets in\n%s", out)
	}
	rows, _, _ := strings.Cut(strings.TrimSpace(out[at:]), "\n\n") // loadgen says why requests failed after it
	for i, line := range strings.Split(rows, "\n") {
		cells := spaces.Split(line, -1)
		if len(cells) != 7 {
			t.Fatalf("the row %q has %d cells, want 7", line, len(cells))
		}
		if i == 0 {
			targets = append(targets, strings.Join(cells, "|"))
			continue
		}
		targets = append(targets, cells[0]+"|"+cells[1]+"|"+cells[6])
	}
	return requests, targets
}

// The three clients send the same requests at once, and print the same table.
func TestClientsPrintTheSameTable(t *testing.T) {
	tornado, asyncio := python(t, "tornado"), python(t, "asyncio")
	server, _ := runtimes.Named("asyncio")
	s := startRuntime(t, server)
	refused := strings.TrimSuffix(s.wait, "/wait") + "/fast?ms=-1" // and answered 200 without its query
	arguments := []string{"--count", "3", "--methods", "GET,PUT,DELETE,POST", "--urls", s.wait + "?ms=20," + s.spin + "?ms=1," + s.wait + "/missing," + refused}
	run := func(command ...string) ([]string, []string) {
		client := exec.CommandContext(t.Context(), command[0], append(command[1:], arguments...)...)
		client.Env = append(client.Environ(), "LOADGEN_ADMIN_ADDR=off")
		out, err := client.Output()
		// On a busy machine loadgen calls its times invalid, which are not looked at here.
		if code := client.ProcessState.ExitCode(); code != exitcode.Pass && code != exitcode.Invalid {
			t.Fatalf("%v: %v\n%s", command, err, out)
		}
		return table(t, string(out))
	}
	requests, targets := run(testkit.Build(t, "loadgen"), "--loop", "batch", "--thresholds", "error_rate<=50%")
	if len(requests) != 48 || len(targets) != 17 {
		t.Fatalf("loadgen printed %q and %q", requests, targets)
	}
	for _, command := range [][]string{{tornado, "../../runtimes/python/tornado_client.py"}, {asyncio, "../../runtimes/python/asyncio_client.py"}} {
		gotRequests, gotTargets := run(command...)
		if !slices.Equal(gotRequests, requests) || !slices.Equal(gotTargets, targets) {
			t.Errorf("%s printed\n%q\n%q\nloadgen\n%q\n%q", command[1], gotRequests, gotTargets, requests, targets)
		}
	}
	counted := count(testkit.Metrics(t, s.metrics))
	for _, row := range []string{"GET /wait 200", "POST /spin 200", "DELETE unmatched 404", "PUT /fast 400"} {
		if counted[row] != 9 {
			t.Errorf("%s is counted %d times, want 9 of three clients", row, counted[row])
		}
	}
}

// No client waits for a reply before it sends the next request.
func TestClientsSendAllRequestsAtOnce(t *testing.T) {
	server, _ := runtimes.Named(nethttp.Name)
	s := startRuntime(t, server)
	inProgress := func() float64 { return testkit.Metrics(t, s.metrics).Sum("http_server_active_requests", nil) }
	for name, command := range map[string][]string{
		"tornado": {python(t, "tornado"), "../../runtimes/python/tornado_client.py"},
		"asyncio": {python(t, "asyncio"), "../../runtimes/python/asyncio_client.py"},
		"loadgen": {testkit.Build(t, "loadgen"), "--loop", "batch", "--admin-addr", "off"},
	} {
		t.Run(name, func(t *testing.T) {
			arguments := []string{"--count", "10", "--methods", "GET,PUT", "--urls", s.wait + "?ms=60000"}
			client := exec.CommandContext(t.Context(), command[0], append(command[1:], arguments...)...)
			if err := client.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "all are in progress", func() bool { return inProgress() == 20 })
			if err := client.Process.Kill(); err != nil {
				t.Error(err)
			}
			_ = client.Wait() // it was killed
			eventually(t, "the server has seen the client leave", func() bool { return inProgress() == 0 })
		})
	}
}

// A batch that reaches no server ends as loadgen ends, with exit code 3.
func TestClientsReportAServerThatIsNotThere(t *testing.T) {
	url := "http://" + testkit.FreeAddress(t) + "/wait"
	for _, name := range []string{"tornado", "asyncio"} {
		t.Run(name, func(t *testing.T) {
			client := exec.CommandContext(t.Context(), python(t, name), "../../runtimes/python/"+name+"_client.py", "--urls", url)
			out, _ := client.CombinedOutput()
			if code := client.ProcessState.ExitCode(); code != 3 || !strings.Contains(string(out), "connect_error GET "+url) {
				t.Errorf("exit code %d\n%s", code, out)
			}
		})
	}
}
