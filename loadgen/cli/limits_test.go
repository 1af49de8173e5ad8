//go:build unix

package cli_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/loadgen/report"
)

// shell runs a script in which $loadgen is the load generator.
func shell(t *testing.T, script string, arguments ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	limited, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(limited, "/bin/sh", "-c", script)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) } // what it has started too
	command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LOADGEN_ADMIN_ADDR=off", "loadgen=" + testkit.Build(t, "loadgen")}, arguments...)
	command.Stdout, command.Stderr = &out, &err
	if failed := command.Run(); failed != nil && !errors.As(failed, new(*exec.ExitError)) {
		t.Fatal(failed)
	}
	return command.ProcessState.ExitCode(), out.String(), err.String()
}

// parse reads a report as it is in a file.
func parse(t *testing.T, text string) *report.Report {
	t.Helper()
	r, err := report.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return r
}

// A generator without file descriptors says so, and blames no server that has answered everything it was asked.
func TestWithoutFileDescriptors(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(100 * time.Millisecond) }))
	defer server.Close()
	for _, row := range []string{
		"--loop closed --concurrency 200 --duration 1s", "--loop closed --concurrency 200 --duration 1s --client std", "--loop open --rate 2000 --duration 1s --max-connections 300",
		"--loop batch --count 200", "--loop closed --concurrency 200 --duration 1s --thresholds p99<1ms", "--loop closed --concurrency 200 --duration 1s --thresholds rate>1e6",
	} {
		t.Run(row, func(t *testing.T) {
			code, stdout, stderr := shell(t, `ulimit -n 64; exec "$loadgen" --report - --targets "GET $url" `+strings.ReplaceAll(strings.ReplaceAll(row, "<", `\<`), ">", `\>`), "url="+server.URL)
			r := parse(t, stdout)
			if code != 4 || r.Limit != "generator" || r.Validity.Valid || !strings.Contains(r.LimitCause, "no file descriptor left") || !strings.Contains(r.LimitCause, "raise the limit of 64 with ulimit -n") {
				t.Errorf("exit code %d, limit %s, %q, %+v:\n%s", code, r.Limit, r.LimitCause, r.Validity, stderr)
			}
			failures := r.Failures()
			if r.Failed() != 0 || r.Dropped["local_limit"] == 0 || r.Succeeded() == 0 || len(failures) != 1 || failures[0].Count != r.Dropped["local_limit"] || !strings.Contains(failures[0].Example, "too many open files") {
				t.Errorf("%d failed, %d succeeded, dropped %v, failures %+v:\n%s", r.Failed(), r.Succeeded(), r.Dropped, failures, stderr)
			}
		})
	}
}

// Whatever a terminal sends, the report is whole.
func TestEverySignalOfATerminalLeavesAReport(t *testing.T) {
	handled := make(chan os.Signal, 1)
	signal.Notify(handled, syscall.SIGHUP) // else the generator inherits that the tests ignore it, if nohup started them
	defer signal.Stop(handled)
	for _, sent := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		t.Run(sent.String(), func(t *testing.T) {
			asked := make(chan struct{}, 1000)
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
			defer server.Close()
			file := filepath.Join(t.TempDir(), "r.json")
			p := testkit.Launch(t, "loadgen", []string{"--duration=0s", "--rate=20", "--report", file}, "LOADGEN_TARGETS=GET "+server.URL, "LOADGEN_ADMIN_ADDR=off")
			begun(t, asked)
			p.Signal(sent)
			state := p.Wait()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v, ended with %v:\n%s", err, state, p.Stderr())
			}
			if r := parse(t, string(text)); !r.Interrupted || r.Completed == 0 || !strings.Contains(p.Stdout(), "interrupted") {
				t.Errorf("%d completed, interrupted %v, ended with %v:\n%s%s", r.Completed, r.Interrupted, state, p.Stdout(), p.Stderr())
			}
		})
	}
}

// The soft limit of CPU time is a signal too.
func TestTheLimitOfCPUTimeLeavesAReport(t *testing.T) {
	code, stdout, stderr := shell(t, `ulimit -S -t 1; exec "$loadgen" --loop closed --concurrency 50 --duration 2m --report - --targets "GET $url"`, "url="+serve(t))
	if r := parse(t, stdout); !r.Interrupted || r.Completed == 0 {
		t.Errorf("exit code %d, interrupted %v after %d requests:\n%s", code, r.Interrupted, r.Completed, stderr)
	}
}

// As nohup asks for, a terminal that goes away does not end the run.
func TestAnIgnoredHangupStaysIgnored(t *testing.T) {
	code, stdout, stderr := shell(t, `trap "" HUP; "$loadgen" --duration 1s --rate 50 --targets "GET $url" --report - & sleep 0.3; kill -HUP $!; wait $!`, "url="+serve(t))
	if r := parse(t, stdout); r.Interrupted || r.Scheduled != 50 {
		t.Errorf("exit code %d, interrupted %v after %d requests:\n%s", code, r.Interrupted, r.Scheduled, stderr)
	}
}

// A reader that goes away while replies are printed costs neither the run nor its report.
func TestAReaderThatGoesAway(t *testing.T) {
	file := filepath.Join(t.TempDir(), "r.json")
	code, stdout, stderr := shell(t, `{ "$loadgen" --loop batch --count 500 --max-connections 5 --targets "GET $url" --report "$file"; echo "exit code $?" >&2; } | head -n 1`, "url="+serve(t), "file="+file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v, exit code %d:\n%s%s", err, code, stdout, stderr)
	}
	if r := parse(t, string(text)); r.Completed != 500 || !strings.Contains(stderr, "broken pipe") || !strings.Contains(stderr, "exit code 1") {
		t.Errorf("%d completed:\n%s%s", r.Completed, stdout, stderr)
	}
}

// What cannot be written is an error, and never half of a report.
func TestOutputsThatAreFull(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full:", err)
	}
	for _, row := range []struct{ name, script, message string }{
		{"summary", `"$loadgen" $options >/dev/full`, "no space left on device"},
		{"report on standard output", `"$loadgen" $options --report - >/dev/full`, "no space left on device"},
		{"limit of file sizes", `ulimit -f 1; "$loadgen" $options --report "$file" 2>&1 >/dev/null | cat >&2`, "file too large"},
		{"limit of file sizes, folder", `ulimit -f 1; "$loadgen" $options --report-dir "$folder" 2>&1 >/dev/null | cat >&2`, "file too large"},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			file := filepath.Join(folder, "r.json")
			if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := shell(t, row.script, "folder="+folder, "file="+file, "options=--loop batch --count 3 --urls "+serve(t))
			if !strings.Contains(stderr, row.message) || code != 1 && !strings.Contains(row.script, "| cat") {
				t.Errorf("exit code %d, want %q:\n%s%s", code, row.message, stdout, stderr)
			}
			entries, err := os.ReadDir(folder)
			if err != nil || len(entries) != 1 {
				t.Errorf("the folder has %v, %v; want r.json alone", entries, err)
			}
			if text, err := os.ReadFile(file); err != nil || string(text) != "old" {
				t.Errorf("the file has become %q, %v", text, err)
			}
		})
	}
}

// A report replaces the file that a link names, is written to what is no file, and has standard output for itself.
func TestPlacesOfTheReport(t *testing.T) {
	options := "options=--loop batch --count 3 --urls " + serve(t)
	folder := t.TempDir()
	file, link := filepath.Join(folder, "r.json"), filepath.Join(folder, "link")
	if err := errors.Join(os.WriteFile(file, []byte("old"), 0o600), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	shell(t, `"$loadgen" $options --report "$file"`, options, "file="+link)
	text, err := os.ReadFile(file)
	if err != nil || parse(t, string(text)).Completed != 3 {
		t.Errorf("by a link: %v, %q", err, text)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	pipe := filepath.Join(folder, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stdout, stderr := shell(t, `cat "$file" & "$loadgen" $options --report "$file" >&2; wait`, options, "file="+pipe); parse(t, stdout).Completed != 3 {
		t.Errorf("by a pipe:\n%s%s", stdout, stderr)
	}
	if _, stdout, stderr := shell(t, `"$loadgen" $options --report -`, options); !strings.Contains(stderr, "200 GET") || !strings.Contains(stderr, "statuses   200: 3") || !strings.HasPrefix(stdout, "{") {
		t.Errorf("standard error has no summary:\n%s", stderr)
	}
	code, _, stderr := shell(t, `"$loadgen" $options --report "$file"`, options, "file="+filepath.Join(folder, "none", "r.json"))
	if code != 2 || !strings.Contains(stderr, "--report=") {
		t.Errorf("exit code %d without the folder: %s", code, stderr)
	}
}

func TestRunsOneAfterTheOtherAreNotMerged(t *testing.T) {
	folder := t.TempDir()
	var files []string
	for n := range 2 {
		files = append(files, filepath.Join(folder, fmt.Sprint(n, ".json")))
		command(t.Context(), []string{"--loop=batch", "--report", files[n]}, "LOADGEN_URLS="+serve(t), "LOADGEN_ADMIN_ADDR=off")
	}
	code, stdout, stderr := command(t.Context(), append([]string{"report"}, files...))
	if code != 1 || !strings.Contains(stderr, "only runs of the same time can be merged") || stdout != "" {
		t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
	}
}
