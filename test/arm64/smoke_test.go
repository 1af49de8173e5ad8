// Package arm64 starts every program as it is compiled for arm64, under an emulator on other
// machines. It shows that they start, answer and measure; times mean nothing there.
package arm64

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/app"
	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

const emulator = "qemu-aarch64-static"

// built compiles every command for arm64 and returns the folder.
func built(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	command := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", folder+"/", "./cmd/...")
	command.Dir = "../.."
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return folder
}

// program is the command line of an arm64 program on this machine.
func program(ctx context.Context, path string, arguments ...string) *exec.Cmd {
	if runtime.GOARCH == "arm64" {
		return exec.CommandContext(ctx, path, arguments...)
	}
	return exec.CommandContext(ctx, emulator, append([]string{path}, arguments...)...)
}

func TestEveryProgramRunsOnARM64(t *testing.T) {
	if os.Getenv("LAB_ARM64") != "1" && os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("compiles every command for arm64: set LAB_ARM64=1")
	}
	if runtime.GOARCH != "arm64" {
		testkit.Require(t, emulator)
	}
	folder := built(t)
	started := map[string]bool{}
	for _, service := range []struct{ name, target string }{
		{"iobound", "/io/wait?ms=1"}, {"cpubound", "/cpu/spin?ms=1"}, {"mixed", "/"}, {"items", "/items?limit=1"}, {"gateway", "/"},
	} {
		started[service.name] = true
		t.Run(service.name, func(t *testing.T) { checkService(t, filepath.Join(folder, service.name), service.target) })
	}
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	for _, tool := range []struct {
		name, want string
		arguments  []string
	}{
		{"loadgen", "3 scheduled = 3 completed", []string{"--loop=batch", "--count=3", "--admin-addr=off", "--targets=GET " + target.URL}},
		{"console", "tutorial-io", []string{"list"}},
		{"lab", "tutorial-io", []string{"list"}},
		{"nethttp", "LISTEN_ADDR", []string{"--help"}},
	} {
		started[tool.name] = true
		t.Run(tool.name, func(t *testing.T) {
			// An emulated generator may call its own measurement invalid by its exit code.
			if out, err := program(t.Context(), filepath.Join(folder, tool.name), tool.arguments...).CombinedOutput(); !strings.Contains(string(out), tool.want) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	programs, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range programs {
		if !started[program.Name()] {
			t.Errorf("no test starts %s on arm64", program.Name())
		}
	}
}

// checkService starts the program, asks for its readiness, one route and its
// metrics, and wants it to end on SIGTERM.
func checkService(t *testing.T, path, target string) {
	address, admin := testkit.FreeAddress(t), testkit.FreeAddress(t)
	var logged testkit.Output
	process := program(context.WithoutCancel(t.Context()), path)
	process.Stdout, process.Stderr = &logged, &logged
	process.Env = append(os.Environ(), "LISTEN_ADDR="+address, "ADMIN_ADDR="+admin, "DATABASE_URL=sqlite:"+filepath.Join(t.TempDir(), "items.db"), "DATA_DIR="+t.TempDir(),
		"IOBOUND_URL=http://127.0.0.1:1", "CPUBOUND_URL=http://127.0.0.1:1", "MIXED_URL=http://127.0.0.1:1", "ITEMS_URL=http://127.0.0.1:1")
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	defer func() {
		_ = process.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			t.Errorf("after SIGTERM: %v\n%s", err, logged.String())
		}
	}()
	for _, url := range []string{"http://" + admin + "/readyz", "http://" + address + target, "http://" + admin + "/metrics"} {
		if err := observe.Eventually(t.Context(), time.Minute, func(ctx context.Context) error { return app.CheckURL(ctx, url) }); err != nil {
			t.Fatalf("%v\n%s", err, logged.String())
		}
	}
}
