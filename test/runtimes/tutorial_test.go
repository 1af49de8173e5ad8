package runtimes

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/runtimes"
)

const (
	tutorial     = "../../docs/tutorial.md"
	commandLimit = 5 * time.Minute
)

type tutorialCheck struct {
	pattern, output string
	check           func(t *testing.T, command, out string) // nil if the output says enough
}

// tutorialChecks say what the output of each command of the tutorial must be.
// A command belongs to the first check whose pattern it matches.
var tutorialChecks = []tutorialCheck{
	{`^curl (-X (PUT|POST|DELETE) .*)?\S*http://\S+$`, `"service": ?"(tornado|asyncio|uvloop|node|nethttp)"`, nil},
	{`^curl -i -X PATCH `, `(?s)405 Method Not Allowed.*Allow`, nil},
	{`^http --ignore-stdin `, `"service": ?"(tornado|asyncio)"`, nil},
	{`--count 10 --methods GET,PUT `, `(?s)target +completed .*GET /fast +10 .* ok 10.*PUT /slow +10 .* ok 10`, nil},
	{`/wait\?ms=200'$`, `GET /wait +100 .* ok 100`, nil},
	{`/spin\?ms=50'$`, `GET /spin +40 .* ok 40`, nil},
	{`8095/wait.*blocking=true'`, ` after \d`, startsBeforeTheBlockingCallEnds},
	{`blocking=true&executor=threads'`, ` after \d`, startsBeforeTheBlockingCallEnds},
	{`blocking=true'`, ` after \d`, waitsForTheBlockingCall},
	{`executor=(threads|processes)'$`, `GET /spin +4 .* ok 4`, nil},
	{` --rate 50 `, `GET /slow +\d+ .* ok \d+`, nil},
}

func waited(t *testing.T, out string) float64 {
	t.Helper()
	seconds, err := strconv.ParseFloat(regexp.MustCompile(` after ([\d.]+) s`).FindStringSubmatch(out)[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return seconds
}

// The blocking call has 1.5 s left when the other request is sent.
func waitsForTheBlockingCall(t *testing.T, command, out string) {
	if s := waited(t, out); s < 0.5 {
		t.Errorf("%s: the other request took %v s only", command, s)
	}
}

func startsBeforeTheBlockingCallEnds(t *testing.T, command, out string) {
	if first, _, _ := strings.Cut(out, " after "); strings.Contains(first, "2000") {
		t.Errorf("%s: the blocking call ended first:\n%s", command, out)
	}
}

// tutorialCommands are the indented lines outside of code of the tutorial.
func tutorialCommands(t *testing.T) (commands []string) {
	t.Helper()
	text, err := os.ReadFile(tutorial)
	if err != nil {
		t.Fatal(err)
	}
	prose := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(string(text), "")
	for _, line := range regexp.MustCompile(`(?m)^ {4,}(\S.*)$`).FindAllStringSubmatch(prose, -1) {
		commands = append(commands, line[1])
	}
	return commands
}

// Every command of the tutorial is run as it is written, on free ports.
func TestTutorialCommandsDoWhatTheySay(t *testing.T) {
	testkit.Require(t, "bash", "curl", "http")
	var addresses []string
	programs := strings.NewReplacer("python3 ", python(t, "tornado")+" ", "go run ./cmd/loadgen", testkit.Build(t, "loadgen"), "go run ./cmd/lab", testkit.Build(t, "lab"))
	servers := regexp.MustCompile(`(?:(\w+)_server\.py|(node)/server\.js|runtime (\w+)) &$`)
	for _, command := range tutorialCommands(t) {
		switch name := servers.FindStringSubmatch(command); {
		case name != nil:
			server, known := runtimes.Named(name[1] + name[2] + name[3])
			if !known {
				t.Fatalf("no server %q", name)
			}
			requireServer(t, server)
			addresses = append(addresses, "127.0.0.1:"+strconv.Itoa(server.Port), startAsWritten(t, programs.Replace(strings.TrimSuffix(command, " &"))))
		case strings.HasPrefix(command, "apt-get install "):
			checkPackages(t, command)
		case strings.Contains(command, "lab run "):
			// TestExperiments runs them.
		case command == "go run ./cmd/lab --runtimes":
			// The package lab tests it.
		case command == "make bench-runtimes":
			// TestBenchWritesThePage runs it.
		case command == "docker compose --profile runtimes up -d":
			// TestRuntimes of the package stack starts it.
		case strings.HasPrefix(command, "npm ci "), strings.HasPrefix(command, "NODE_PATH="):
			// TestRequestsAreExportedAsSpans does the same in a folder of its own.
		default:
			runAsWritten(t, command, strings.NewReplacer(addresses...).Replace(programs.Replace(command)))
		}
	}
	if len(addresses) != 2*len(runtimes.All()) {
		t.Errorf("the tutorial starts %d servers, want %d", len(addresses)/2, len(runtimes.All()))
	}
}

// startAsWritten runs the command of a server and returns its address.
func startAsWritten(t *testing.T, command string) string {
	t.Helper()
	var stdout testkit.Output
	server := exec.Command("bash", "-c", "exec "+command)
	server.Dir, server.Stdout = "../..", &stdout
	server.Env = append(server.Environ(), "LISTEN_ADDR=127.0.0.1:0", "PYTHONDONTWRITEBYTECODE=1")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM) // it fails only if the server has ended
		if err := server.Wait(); err != nil {
			t.Errorf("%s: %v", command, err)
		}
	})
	address := regexp.MustCompile(`"address": ?"([^"]+)"`)
	eventually(t, command+" says where it serves", func() bool { return address.MatchString(stdout.String()) })
	return address.FindStringSubmatch(stdout.String())[1]
}

func runAsWritten(t *testing.T, command, edited string) {
	t.Helper()
	at := slices.IndexFunc(tutorialChecks, func(c tutorialCheck) bool {
		return regexp.MustCompile(c.pattern).MatchString(command)
	})
	if at < 0 {
		t.Errorf("no check for the command %q", command)
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	run := exec.CommandContext(ctx, "bash", "-c", edited)
	run.Dir = "../.."
	run.Env = append(run.Environ(), "LOADGEN_ADMIN_ADDR=off", "PYTHONDONTWRITEBYTECODE=1")
	out, err := run.CombinedOutput()
	// On a busy machine loadgen calls its times invalid, with exit code 4; the lesson can still be seen.
	if err != nil && run.ProcessState.ExitCode() != 4 || !regexp.MustCompile(tutorialChecks[at].output).Match(out) {
		t.Errorf("%s: %v\n%s", command, err, out)
		return
	}
	if tutorialChecks[at].check != nil {
		tutorialChecks[at].check(t, command, string(out))
	}
}

// checkPackages compares the packages with those that the servers need.
func checkPackages(t *testing.T, command string) {
	t.Helper()
	want := []string{"curl", "httpie"}
	for _, s := range runtimes.All() {
		want = append(want, s.Packages...)
	}
	slices.Sort(want)
	got := strings.Fields(command)[2:]
	slices.Sort(got)
	if want = slices.Compact(want); !slices.Equal(got, want) {
		t.Errorf("the tutorial installs %v, want %v", got, want)
	}
}
