package yardstick

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"loadlab/bench/machine"
	"loadlab/internal/env"
)

// connections of every generator in a closed loop.
const connections = 16

// load is what a generator is asked to offer.
type load struct {
	url      string
	rate     int // requests per second; 0 asks for a closed loop
	duration time.Duration
	folder   string // for its files
}

func (l load) loop() string {
	if l.rate == 0 {
		return "closed loop"
	}
	return fmt.Sprintf("open loop, %d/s", l.rate)
}

func (l load) seconds() string { return strconv.Itoa(max(1, int(l.duration.Seconds()))) }

// invocation is how a generator is started.
type invocation struct {
	args  []string
	env   []string
	stdin string
}

// generator is a load generator that may be installed.
type generator struct {
	name   string
	debian string // package that has it
	module string // or the Go package that has it
	at     string // with its version
	open   bool   // it can keep a rate
	start  func(load) (invocation, error)

	path    string // of the binary; empty if it is missing
	version string
}

// ours is the first of all generators.
const ours = "loadgen"

func generators() []*generator {
	return []*generator{
		{name: ours, open: true, start: startLoadgen},
		{name: "wrk", debian: "wrk", start: func(l load) (invocation, error) {
			return invocation{args: []string{"-t2", "-c" + strconv.Itoa(connections), "-d" + l.seconds() + "s", l.url}}, nil
		}},
		{name: "ab", debian: "apache2-utils", start: func(l load) (invocation, error) {
			return invocation{args: []string{"-k", "-q", "-c", strconv.Itoa(connections), "-t", l.seconds(), "-n", "2000000", l.url}}, nil
		}},
		{name: "h2load", debian: "nghttp2-client", start: func(l load) (invocation, error) {
			return invocation{args: []string{"--h1", "-t2", "-c" + strconv.Itoa(connections), "-D", l.seconds(), l.url}}, nil
		}},
		{name: "hey", debian: "hey", start: func(l load) (invocation, error) {
			return invocation{args: []string{"-z", l.duration.String(), "-c", strconv.Itoa(connections), l.url}}, nil
		}},
		{name: "vegeta", module: "github.com/tsenart/vegeta/v12", at: "v12.13.0", open: true, start: startVegeta},
		{name: "k6", module: "go.k6.io/k6", at: "v1.8.1", open: true, start: startK6},
	}
}

func startLoadgen(l load) (invocation, error) {
	args := []string{"--targets", "GET " + l.url, "--duration", l.duration.String(), "--report-dir", l.folder, "--admin-addr", "127.0.0.1:0"}
	if l.rate > 0 {
		return invocation{args: append(args, "--loop", "open", "--rate", strconv.Itoa(l.rate))}, nil
	}
	return invocation{args: append(args, "--loop", "closed", "--concurrency", strconv.Itoa(connections))}, nil
}

// startVegeta leaves the analysis to `vegeta report`, whose CPU time does not count here.
func startVegeta(l load) (invocation, error) {
	args := []string{"attack", "-duration", l.duration.String(), "-output", os.DevNull}
	if l.rate > 0 {
		args = append(args, "-rate", strconv.Itoa(l.rate))
	} else {
		n := strconv.Itoa(connections)
		args = append(args, "-rate", "0", "-workers", n, "-max-workers", n)
	}
	return invocation{args: args, stdin: "GET " + l.url + "\n"}, nil
}

func startK6(l load) (invocation, error) {
	scenario := fmt.Sprintf(`executor: "constant-vus", vus: %d, duration: %q`, connections, l.duration)
	if l.rate > 0 {
		scenario = fmt.Sprintf(`executor: "constant-arrival-rate", rate: %d, timeUnit: "1s", duration: %q, preAllocatedVUs: 100, maxVUs: 200`, l.rate, l.duration)
	}
	script := fmt.Sprintf("import http from \"k6/http\";\nexport const options = { scenarios: { main: { %s, gracefulStop: \"1s\" } } };\nexport default function () { http.get(%q); }\n", scenario, l.url)
	path := filepath.Join(l.folder, "script.js")
	if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
		return invocation{}, fmt.Errorf("write the script of k6: %w", err)
	}
	return invocation{args: []string{"run", "--quiet", "--no-usage-report", "--address", "", path}, env: []string{"K6_NO_USAGE_REPORT=true"}}, nil
}

// source says where a generator comes from.
func (g *generator) source() string {
	if g.module != "" {
		return g.module + "@" + g.at
	}
	return "Debian's package " + g.debian
}

// find looks for a peer on the path, and for one from a Go module in the cache,
// where it is installed if need be. One that is missing is no error here: its path stays empty.
func (g *generator) find(ctx context.Context, getenv env.Getenv, install bool, progress io.Writer) error {
	if g.module == "" {
		if path, err := exec.LookPath(g.name); err == nil {
			g.path, g.version = path, machine.DebianVersion(ctx, g.debian)
		}
		return nil
	}
	folder, err := cache(getenv, g.name+"-"+g.at)
	if err != nil {
		return err
	}
	g.version = g.at
	path := filepath.Join(folder, g.name)
	if _, err := os.Stat(path); err == nil {
		g.path = path
		return nil
	}
	if !install {
		return nil
	}
	fmt.Fprintf(progress, "installing %s, which takes some minutes of CPU\n", g.source())
	command := exec.CommandContext(ctx, "nice", "go", "install", g.source())
	command.Dir = os.TempDir() // outside of any module
	command.Env = append(os.Environ(), "GOBIN="+folder)
	if out, err := command.CombinedOutput(); err != nil {
		fmt.Fprintf(progress, "install %s: %v\n%s", g.source(), err, out)
		return nil
	}
	g.path = path
	return nil
}

func cache(getenv env.Getenv, name string) (string, error) {
	root := getenv("LOADLAB_CACHE")
	if root == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find the cache of the peers: %w", err)
		}
		root = filepath.Join(user, "loadlab")
	}
	return filepath.Join(root, "peers", name), nil
}
