package comparison

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"

	"loadlab/bench/machine"
	"loadlab/internal/decimal"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/loadgen/report"
)

// ours is the lab's own load generator.
const ours = "loadgen"

const (
	runDuration   = time.Second // the shortest that wrk knows
	quickDuration = runDuration / 5
	runGrace      = 30 * time.Second
)

// generator is a load generator.
type generator struct {
	name    string
	path    string // of the binary; empty if it is missing
	version string
	source  string // where a missing one comes from
	// abandons says that requests in progress at the end are given up; the server
	// counts them and the generator does not.
	abandons bool

	args func(url string, connections int, d time.Duration, folder string) []string
	read func(output []byte, folder string) (outcome, error)
}

// outcome is what a generator says of its run.
type outcome struct {
	requests uint64
	rate     float64 // replies per second
}

func generators(ctx context.Context, loadgen string) []*generator {
	wrk := &generator{name: "wrk", source: "Debian's package wrk", abandons: true, args: wrkArgs, read: readWrk}
	if path, err := exec.LookPath(wrk.name); err == nil {
		wrk.path, wrk.version = path, machine.DebianVersion(ctx, wrk.name)
	}
	return []*generator{{name: ours, path: loadgen, version: "this tree", args: loadgenArgs, read: readLoadgen}, wrk}
}

func loadgenArgs(url string, connections int, d time.Duration, folder string) []string {
	return []string{"--targets", "GET " + url, "--loop", "closed", "--concurrency", strconv.Itoa(connections),
		"--duration", d.String(), "--report-dir", folder, "--admin-addr", "off"}
}

// readLoadgen reads the generator's report. A run that it calls invalid counts
// too: in a closed loop at full speed its own core may be busy.
func readLoadgen(_ []byte, folder string) (outcome, error) {
	r, err := report.ReadFolder(folder)
	if err != nil {
		return outcome{}, err
	}
	answered := uint64(0)
	for _, target := range r.Targets {
		answered += target.Status[200]
	}
	if answered == 0 || answered != r.Scheduled {
		return outcome{}, fmt.Errorf("%d of %d requests were answered with 200", answered, r.Scheduled)
	}
	return outcome{answered, float64(answered) / (r.Elapsed + r.Drained).Seconds()}, nil
}

func wrkArgs(url string, connections int, d time.Duration, _ string) []string {
	seconds := max(d, runDuration).Seconds()
	return []string{"-t1", "-c" + strconv.Itoa(connections), "-d" + strconv.Itoa(int(seconds)) + "s", url}
}

var (
	wrkRequests = regexp.MustCompile(`(?m)^\s*(\d+) requests in `)
	wrkRate     = regexp.MustCompile(`(?m)^Requests/sec:\s+([\d.]+)$`)
	wrkProblem  = regexp.MustCompile(`(?m)^\s*(?:Socket errors|Non-2xx or 3xx responses): .*$`)
)

func readWrk(output []byte, _ string) (outcome, error) {
	if problem := wrkProblem.Find(output); problem != nil {
		return outcome{}, errors.New(string(bytes.TrimSpace(problem)))
	}
	requests, rate := wrkRequests.FindSubmatch(output), wrkRate.FindSubmatch(output)
	if requests == nil || rate == nil {
		return outcome{}, errors.New("the output has no number of requests or no rate")
	}
	n, err := decimal.Int(string(requests[1]))
	perSecond, rateErr := decimal.Float(string(rate[1]))
	if err = errors.Join(err, rateErr); err != nil {
		return outcome{}, fmt.Errorf("read the output: %w", err)
	}
	if n == 0 {
		return outcome{}, errors.New("no request was answered")
	}
	return outcome{uint64(n), perSecond}, nil
}

// run sends load to url for d from the cores.
func (g *generator) run(ctx context.Context, url string, connections int, d time.Duration, environment []string, cores []int) (outcome, error) {
	folder, err := os.MkdirTemp("", "bench-runtimes-run-")
	if err != nil {
		return outcome{}, fmt.Errorf("make a folder for %s: %w", g.name, err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	ctx, cancel := context.WithTimeout(ctx, d+runGrace)
	defer cancel()
	command := exec.CommandContext(ctx, g.path, g.args(url, connections, d, folder)...)
	command.Env = environment
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err = startOn(command, cores); err == nil {
		err = command.Wait()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && g.name == ours && exit.ExitCode() == exitcode.Invalid {
		err = nil
	}
	if err != nil {
		return outcome{}, fmt.Errorf("run %s: %w\n%s", g.name, err, output.String())
	}
	o, err := g.read(output.Bytes(), folder)
	if err != nil {
		return outcome{}, fmt.Errorf("run %s: %w\n%s", g.name, err, output.String())
	}
	return o, nil
}

// plain is the environment of every process: nothing of the user's may change
// how it measures or is measured.
func plain(getenv env.Getenv, data string) []string {
	environment := []string{"LAB_DATA=" + data, "PYTHONDONTWRITEBYTECODE=1"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value := getenv(name); value != "" {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}
