package app_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
)

func TestConfigurationThatCannotBeUsed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		set  []string
		want []string // parts of the one line
	}{
		{"a taken traffic port", []string{"LISTEN_ADDR=" + taken.Addr().String()}, []string{"LISTEN_ADDR=", "in use", "set LISTEN_ADDR to another"}},
		{"a taken admin port", []string{"ADMIN_ADDR=" + taken.Addr().String()}, []string{"ADMIN_ADDR=", "in use", "set ADMIN_ADDR to another"}},
		{"an address without port", []string{"LISTEN_ADDR=localhost"}, []string{`LISTEN_ADDR="localhost"`}},
		{"a folder that is not there", []string{"DATA_DIR=/nowhere/at/all"}, []string{`DATA_DIR="/nowhere/at/all"`, "no files can be made there"}},
		{"a file for a folder", []string{"DATA_DIR=" + file}, []string{"DATA_DIR=", "no files can be made there"}},
		{"an impossible number", []string{"MAX_CONCURRENCY=0"}, []string{`MAX_CONCURRENCY="0": too small (allowed: 1 to 100000)`}},
		{"an impossible duration", []string{"SHUTDOWN_TIMEOUT=soon"}, []string{`SHUTDOWN_TIMEOUT="soon": not a duration`}},
		{"an impossible route", []string{"ROUTES=/io/slow=/io/wait?ms=-1"}, []string{`ROUTES="/io/slow=/io/wait?ms=-1"`, "ms must be"}},
		{"all at once", []string{"LOG_LEVEL=loud", "REQUEST_TIMEOUT=0s", "OTEL_EXPORTER_OTLP_ENDPOINT=x"},
			[]string{`LOG_LEVEL="loud"`, `REQUEST_TIMEOUT="0s"`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			set := append([]string{"LISTEN_ADDR=127.0.0.1:0", "ADMIN_ADDR=127.0.0.1:0"}, row.set...)
			p := testkit.Launch(t, "iobound", nil, set...)
			if code := p.Wait().ExitCode(); code != exitcode.Usage {
				t.Errorf("exit code %d, want %d", code, exitcode.Usage)
			}
			// "At once" is far below any timeout of the service; a start takes some 20 ms.
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			line := p.Stderr()
			if strings.Count(line, "\n") != 1 {
				t.Errorf("not one line: %q", line)
			}
			for _, part := range row.want {
				if !strings.Contains(line, part) {
					t.Errorf("%q has no %q", line, part)
				}
			}
		})
	}
}

func TestFlags(t *testing.T) {
	for _, row := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr []string // parts; none: the stream is empty
	}{
		{"version", []string{"--version"}, 0, []string{"loadlab ", " (revision ", ", built ", runtime.Version() + " " + runtime.GOOS}, nil},
		{"help", []string{"--help"}, 0, []string{"-healthcheck", "Environment variables of iobound:", "LISTEN_ADDR", "DATA_DIR", "OTEL_TRACES_SAMPLER", "1 to 100000", "Exit codes:"}, nil},
		{"an unknown flag", []string{"--port=1"}, 2, nil, []string{"flag provided but not defined: -port"}},
		{"an argument", []string{"serve"}, 2, nil, []string{`unknown argument "serve"`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p := testkit.Launch(t, "iobound", row.args)
			if code := p.Wait().ExitCode(); code != row.code {
				t.Errorf("exit code %d, want %d", code, row.code)
			}
			for stream, parts := range map[string][]string{p.Stdout(): row.stdout, p.Stderr(): row.stderr} {
				for _, part := range parts {
					if !strings.Contains(stream, part) {
						t.Errorf("no %q in %q", part, stream)
					}
				}
			}
			if (row.stdout == nil && p.Stdout() != "") || (row.stderr == nil && p.Stderr() != "") {
				t.Errorf("unexpected output %q %q", p.Stdout(), p.Stderr())
			}
		})
	}
}

func TestHealthcheck(t *testing.T) {
	service := testkit.Start(t, "iobound")
	check := func(admin string) (int, string) {
		p := testkit.Launch(t, "iobound", []string{"--healthcheck"}, "ADMIN_ADDR="+admin)
		return p.Wait().ExitCode(), p.Stderr()
	}
	admin := strings.TrimPrefix(service.AdminURL, "http://")
	if code, said := check(admin); code != exitcode.Pass || said != "" {
		t.Errorf("a ready service: exit code %d, %q", code, said)
	}
	// From inside a container the listener's address is a wildcard.
	_, port, err := net.SplitHostPort(admin)
	if err != nil {
		t.Fatal(err)
	}
	if code, said := check(":" + port); code != exitcode.Pass || said != "" {
		t.Errorf("a ready service on all interfaces: exit code %d, %q", code, said)
	}
	response, err := http.Post(service.AdminURL+"/fault?kind=not_ready", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if code, said := check(admin); code != exitcode.Error || !strings.Contains(said, "the fault not_ready is switched on") {
		t.Errorf("a service that is not ready: exit code %d, %q", code, said)
	}
	service.Stop()
	if code, said := check(admin); code != exitcode.Error || !strings.Contains(said, "refused") {
		t.Errorf("no service: exit code %d, %q", code, said)
	}
	if code, said := check("nonsense"); code != exitcode.Error || strings.Count(said, "\n") != 1 {
		t.Errorf("an impossible address: exit code %d, %q", code, said)
	}
}
