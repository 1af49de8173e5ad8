// Package examples_test runs every scenario of this folder against the services of the lab.
package examples_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"loadlab/internal/app"
	"loadlab/internal/testkit"
	"loadlab/loadgen/cli"
	"loadlab/loadgen/report"
	"loadlab/services/cpubound"
	"loadlab/services/gateway"
	"loadlab/services/iobound"
	"loadlab/services/items"
	"loadlab/services/mixed"
)

// written is the address of the gateway in the examples.
const written = "127.0.0.1:8080"

// lab starts all services in this process and returns the address of the gateway.
func lab(t *testing.T) string {
	t.Helper()
	builders := []app.Builder{iobound.Builder(), cpubound.Builder(), items.Builder(), mixed.Builder(), gateway.Builder()}
	addresses := map[string]string{}
	for _, b := range builders {
		addresses[b.Name] = testkit.FreeAddress(t)
	}
	var instances []app.Instance
	for _, b := range builders {
		variables := map[string]string{
			"LISTEN_ADDR": addresses[b.Name], "ADMIN_ADDR": "127.0.0.1:0", "SHUTDOWN_DELAY": "0s", "DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "items.db"),
			"IOBOUND_URL": "http://" + addresses["iobound"], "CPUBOUND_URL": "http://" + addresses["cpubound"], "MIXED_URL": "http://" + addresses["mixed"], "ITEMS_URL": "http://" + addresses["items"],
		}
		instances = append(instances, app.Instance{Builder: b, Getenv: func(name string) string { return variables[name] }})
	}
	ctx, stop := context.WithCancel(context.Background())
	var out testkit.Output
	ended := make(chan int)
	go func() { ended <- app.Run(ctx, nil, &out, &out, instances...) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 || t.Failed() {
			t.Errorf("the services ended with %d:\n%s", code, out.String())
		}
	})
	for late := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if reply, err := http.Get("http://" + addresses["gateway"] + "/io/wait?ms=1"); err == nil {
			reply.Body.Close()
			if reply.StatusCode == http.StatusOK {
				return addresses["gateway"]
			}
		}
		if time.Now().After(late) {
			t.Fatalf("the services do not serve after a minute:\n%s", out.String())
		}
	}
}

// Every example runs as it is, but for its address and its length, and no request fails.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d examples, want at least 10: %v", len(files), err)
	}
	gateway := lab(t)
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), written) {
				t.Fatalf("the example does not load the gateway at %s", written)
			}
			folder := t.TempDir()
			scenario, result := filepath.Join(folder, file), filepath.Join(folder, "report.json")
			if err := os.WriteFile(scenario, []byte(strings.ReplaceAll(string(text), written, gateway)), 0o600); err != nil {
				t.Fatal(err)
			}
			if code, out := loadgen(t.Context(), "check", scenario); code != 0 {
				t.Fatalf("check ends with %d:\n%s", code, out)
			}
			// A day has no end of its own.
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			code, out := loadgen(ctx, "--scenario", scenario, "--duration", "300ms", "--warmup", "0s", "--timeout", "1m", "--admin-addr", "off", "--report", result)
			if code == 1 || code == 2 { // others depend on how busy the machine is
				t.Fatalf("exit code %d:\n%s", code, out)
			}
			check(t, result, strings.Count(string(text), "url:"), out)
		})
	}
}

// loadgen runs the load generator, without an environment.
func loadgen(ctx context.Context, args ...string) (code int, out string) {
	var all testkit.Output
	code = cli.Command{Args: args, Stdout: &all, Stderr: &all, Getenv: func(string) string { return "" }}.Run(ctx)
	return code, all.String()
}

func check(t *testing.T, file string, written int, out string) {
	t.Helper()
	var r report.Report
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	names := map[string]bool{}
	for _, target := range r.Targets {
		names[target.Name] = true
	}
	if r.Failed() > 0 || r.Succeeded() == 0 || r.Dropped["local_limit"] > 0 || len(names) == 0 || len(names) > written {
		t.Errorf("%d failed, %d succeeded, dropped %v, targets %s:\n%s", r.Failed(), r.Succeeded(), r.Dropped, fmt.Sprint(names), out)
	}
}
