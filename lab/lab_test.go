package lab_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
)

const patience = 30 * time.Second // for what takes a fraction of it

// freePorts lets a lab take whatever ports are free.
func freePorts(further ...string) []string {
	var environment []string
	for _, name := range []string{"CONSOLE", "GATEWAY", "IOBOUND", "CPUBOUND", "MIXED", "ITEMS", "LOADGEN", "PROMETHEUS", "JAEGER", "OTLP"} {
		environment = append(environment, name+"_PORT=0")
	}
	return append(environment, further...)
}

// lab is one that runs.
type lab struct {
	*testkit.Process
	t *testing.T

	console, gateway, prometheus, query string // base URLs
	folder                              string
}

// start runs a lab until it is up.
func start(t *testing.T, args []string, environment ...string) *lab {
	t.Helper()
	variables := append([]string{"TMPDIR=" + t.TempDir()}, environment...)
	l := &lab{t: t, Process: testkit.Launch(t, "lab", args, freePorts(variables...)...)}
	l.await("loadlab is up after")
	l.folder = l.field(`logs and data are in (\S+)`)
	l.console = l.field(`open (http://\S+)`)
	l.gateway = l.field(`(http://\S+) +all routes`)
	l.prometheus = l.field(`(http://\S+)/api/v1`)
	l.query = l.field(`(http://\S+)/api/v3`)
	return l
}

// await waits until the lab has printed the text, and whatever belongs to it.
func (l *lab) await(text string) {
	l.t.Helper()
	l.until("it says "+text, func() bool { return strings.Contains(l.Stdout(), text) })
}

func (l *lab) until(what string, done func() bool) {
	l.t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatalf("waited in vain until %s; the lab said\n%s%s", what, l.Stdout(), l.Stderr())
		}
	}
}

func (l *lab) field(pattern string) string {
	l.t.Helper()
	var found []string
	l.until("it says "+pattern, func() bool {
		found = regexp.MustCompile(pattern).FindStringSubmatch(l.Stdout())
		return found != nil
	})
	return found[1]
}

// pids are those of all processes that were ever ready, by name; the last one counts.
func (l *lab) pids() map[string]int {
	pids := map[string]int{}
	for _, line := range regexp.MustCompile(`(?m)^(\S+) +\| ready after \S+, process (\d+)$`).FindAllStringSubmatch(l.Stdout(), -1) {
		pids[line[1]], _ = strconv.Atoi(line[2])
	}
	return pids
}

func alive(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		process, err := os.FindProcess(pid)
		return err == nil && process.Signal(syscall.Signal(0)) == nil
	}
	return !strings.Contains(string(status), ") Z ") // a zombie only waits for init
}

func (l *lab) awaitNoChildren() {
	l.t.Helper()
	for name, pid := range l.pids() {
		l.until(fmt.Sprintf("%s, process %d, has ended", name, pid), func() bool { return !alive(pid) })
	}
}

// value is the result of a PromQL query for one number, NaN being no value.
func (l *lab) value(query string) string {
	l.t.Helper()
	code, body := testkit.Get(l.t, l.prometheus+"/api/v1/query?query="+url.QueryEscape(query))
	var reply struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(body), &reply); err != nil || code != http.StatusOK {
		l.t.Fatalf("%s: %d %v %s", query, code, err, body)
	}
	if len(reply.Data.Result) == 0 {
		return ""
	}
	return fmt.Sprint(reply.Data.Result[0].Value[1])
}

func TestWholeLab(t *testing.T) {
	collector := testkit.NewCollector(t)
	l := start(t, nil, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_EXPORTER_OTLP_HEADERS=x-key=a%20b,",
		"OTEL_METRICS_EXPORTER=prometheus,otlp", "OTEL_METRIC_EXPORT_INTERVAL=1000")
	t.Run("every target is scraped", func(t *testing.T) {
		l.until("seven targets are up", func() bool { return l.value("sum(up)") == "7" && l.value("count(up)") == "7" })
	})
	t.Run("load arrives", func(t *testing.T) {
		l.until("there are requests", func() bool {
			return l.value(`sum(rate(http_server_request_duration_seconds_count{job="gateway"}[10s])) > 5`) != ""
		})
	})
	t.Run("rules are evaluated", func(t *testing.T) {
		l.until("the burn rate is recorded", func() bool { return l.value("count(job_route:slo_burn:rate30s)") != "" })
	})
	t.Run("a trace runs through all processes, to the other collector too", func(t *testing.T) {
		const id = "4bf92f3577b34da6a3ce929d0e0e4736"
		if code, body := testkit.Get(t, l.gateway+"/io/wait?ms=5", "traceparent", "00-"+id+"-00f067aa0ba902b7-01"); code != http.StatusOK {
			t.Fatalf("%d %s", code, body)
		}
		l.until("the trace is stored", func() bool {
			code, body := testkit.Get(t, l.query+"/api/v3/traces/"+id)
			return code == http.StatusOK && strings.Contains(body, `"gateway"`) && strings.Contains(body, `"iobound"`)
		})
		collector.WaitFor(t, 3, testkit.InTrace(id))
	})
	t.Run("metrics of every process go to the other collector", func(t *testing.T) {
		l.until("there are metrics of seven processes", func() bool {
			names := map[string]bool{}
			for _, m := range collector.Metrics() {
				for _, a := range m.GetResource().GetAttributes() {
					if a.GetKey() == "service.name" {
						names[a.GetValue().GetStringValue()] = true
					}
				}
			}
			return len(names) == 7 && names["lab"] && names["loadgen"] && names["gateway"]
		})
		for _, e := range collector.Exports() {
			if e.Header.Get("X-Key") != "a b" {
				t.Fatalf("an export to %s has the header %q", e.Path, e.Header.Get("X-Key"))
			}
		}
	})
	t.Run("the items survive in SQLite", func(t *testing.T) {
		if code, body := testkit.Get(t, l.gateway+"/items?limit=1"); code != http.StatusOK {
			t.Errorf("%d %s", code, body)
		}
	})
	t.Run("logs are kept", func(t *testing.T) {
		text, err := os.ReadFile(filepath.Join(l.folder, "logs", "iobound.log"))
		if err != nil || !strings.Contains(string(text), `"msg":"serving"`) {
			t.Errorf("%v %s", err, text)
		}
	})
	t.Run("the console reaches everything", l.reachesAll)
	t.Run("Ctrl-C leaves nothing behind", func(t *testing.T) {
		l.Signal(os.Interrupt)
		if code := l.Wait().ExitCode(); code != exitcode.Pass {
			t.Errorf("exit code %d: %s", code, l.Stderr())
		}
		l.awaitNoChildren()
		left, err := filepath.Glob(filepath.Join(filepath.Dir(l.folder), "*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v %v", left, err)
		}
	})
}

func TestKilledLabLeavesNoChild(t *testing.T) {
	t.Parallel()
	l := start(t, nil)
	l.await("loadgen    | ready")
	if n := len(l.pids()); n != 6 {
		t.Fatalf("%d children, want 6", n)
	}
	l.Signal(syscall.SIGKILL)
	l.Wait()
	l.awaitNoChildren()
}

// What a killed lab has left is gone when the next one has ended, whether its data
// are kept or temporary.
func TestKilledLabLeavesNoFiles(t *testing.T) {
	for name, kept := range map[string]bool{"data kept": true, "data temporary": false} {
		t.Run(name, func(t *testing.T) {
			temp, dir := t.TempDir(), filepath.Join(t.TempDir(), "data")
			args := []string{"--no-load"}
			if kept {
				args = append(args, "--data", dir)
			}
			l := start(t, args, "TMPDIR="+temp)
			l.Signal(syscall.SIGKILL)
			l.Wait()
			l.awaitNoChildren()
			folder := l.folder
			if left, _ := filepath.Glob(filepath.Join(folder, "loadlab-*")); len(left) == 0 {
				t.Fatal("the killed lab has left no temporary folder: there is nothing to test")
			}
			l = start(t, args, "TMPDIR="+temp)
			if code := l.Stop(); code != exitcode.Pass {
				t.Errorf("exit code %d: %s", code, l.Stderr())
			}
			for _, place := range []string{filepath.Join(temp, "*"), filepath.Join(folder, "loadlab-*"), filepath.Join(folder, ".*")} {
				if left, err := filepath.Glob(place); err != nil || len(left) > 0 {
					t.Errorf("left behind: %v %v", left, err)
				}
			}
		})
	}
}

func TestKilledChildIsReportedAndRestarted(t *testing.T) {
	t.Parallel()
	l := start(t, []string{"--no-load"})
	first := l.pids()["iobound"]
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	l.await(fmt.Sprintf("process %d ended", first))
	l.await("it starts again in 250ms")
	l.until("another process is ready", func() bool { return l.pids()["iobound"] != first })
	if code, body := testkit.Get(t, l.gateway+"/io/wait?ms=1"); code != http.StatusOK {
		t.Errorf("%d %s", code, body)
	}
}

func TestServicesShareAProcess(t *testing.T) {
	t.Parallel()
	l := start(t, []string{"--no-load", "--together", "iobound,cpubound", "--cores", "2"})
	pids := l.pids()
	if len(pids) != 4 || pids["iobound+cpubound"] == 0 {
		t.Fatalf("processes %v", pids)
	}
	l.until("cpubound has two cores", func() bool { return l.value(`lab_compute_cores{job="cpubound"}`) == "2" })
}

func TestDataFolderIsKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	l := start(t, []string{"--no-load", "--data", dir})
	if code := l.Stop(); code != exitcode.Pass {
		t.Errorf("exit code %d: %s", code, l.Stderr())
	}
	for _, name := range []string{"metrics/wal", "logs/gateway.log", "items.db"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatCannotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) // after the parallel rows
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		args []string
		env  []string
		want []string // parts of what it says
	}{
		{"a taken port", nil, []string{"PROMETHEUS_PORT=" + port}, []string{"PROMETHEUS_PORT=", "in use", "set PROMETHEUS_PORT to another"}},
		{"several at once", nil, []string{"PROMETHEUS_PORT=" + port, "OTLP_PORT=" + port}, []string{"PROMETHEUS_PORT=", "OTLP_PORT="}},
		{"one port twice", nil, []string{"JAEGER_PORT=61234", "OTLP_PORT=61234"}, []string{"is also that of JAEGER_PORT"}},
		{"a folder that cannot be made", []string{"--data", filepath.Join(file, "below")}, nil, []string{"LAB_DATA=", "no files can be made there", "--data"}},
		{"no temporary folder", nil, []string{"TMPDIR=/nowhere"}, []string{`TMPDIR="/nowhere"`, "--data"}},
		{"values out of bounds", nil, []string{"LAB_RETENTION=1s", "LAB_DISK_MB=1"}, []string{"LAB_RETENTION", "30m to 720h", "LAB_DISK_MB"}},
		{"a collector that is none", nil, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=here"}, []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "base URL"}},
		{"a protocol that cannot be passed on", nil, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, []string{`OTEL_EXPORTER_OTLP_PROTOCOL="grpc"`, "http/protobuf alone"}},
		{"metrics without a collector", nil, []string{"OTEL_METRICS_EXPORTER=otlp"}, []string{"OTEL_METRICS_EXPORTER", "needs OTEL_EXPORTER_OTLP_ENDPOINT"}},
		{"headers that are none", nil, []string{"OTEL_EXPORTER_OTLP_HEADERS=secret"}, []string{"OTEL_EXPORTER_OTLP_HEADERS: not a list"}},
		{"a service that is misconfigured", nil, []string{"IOBOUND_ROUTES=nonsense"}, []string{"iobound: exit status 2"}},
		{"no cores", []string{"--cores", "0"}, nil, []string{"--cores must be at least 1"}},
		{"an unknown service", []string{"--together", "iobound,other"}, nil, []string{`unknown service "other"; allowed are iobound, `}},
		{"an unknown flag", []string{"--other"}, nil, []string{"-other"}},
		{"an unknown command", []string{"other"}, nil, []string{`unknown command "other"; allowed are list, explain, run, compare, max, restart, serve, runtime, load, doctor, `}},
		{"nothing to serve", []string{"serve"}, nil, []string{"serve needs the name of a service"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p := testkit.Launch(t, "lab", row.args, freePorts(append([]string{"TMPDIR=" + t.TempDir()}, row.env...)...)...)
			if code := p.Wait().ExitCode(); code != exitcode.Usage {
				t.Errorf("exit code %d, want %d", code, exitcode.Usage)
			}
			for _, part := range row.want {
				if !strings.Contains(p.Stderr(), part) {
					t.Errorf("no %q in %q", part, p.Stderr())
				}
			}
			if strings.Contains(p.Stderr(), "secret") {
				t.Errorf("a secret is printed: %q", p.Stderr())
			}
		})
	}
}

func TestDoctor(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) // after the parallel rows
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, row := range []struct {
		name string
		args []string
		env  []string
		code int
		want []string
	}{
		{"a machine that will do", nil, nil, exitcode.Pass, []string{"ok    ports", "folder", "memory", "cores", "files", "clock"}},
		{"a taken port", nil, []string{"GATEWAY_PORT=" + port}, exitcode.Error, []string{"fail  ports", "GATEWAY_PORT="}},
		{"a folder below a file", []string{"--data", "/dev/null/x"}, nil, exitcode.Error, []string{"fail  folder", "LAB_DATA"}},
		{"a value that is wrong", nil, []string{"LAB_TRACE_MB=0"}, exitcode.Error, []string{"LAB_TRACE_MB"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p := testkit.Launch(t, "lab", append([]string{"doctor"}, row.args...), freePorts(row.env...)...)
			if code := p.Wait().ExitCode(); code != row.code {
				t.Errorf("exit code %d, want %d", code, row.code)
			}
			for _, part := range row.want {
				if !strings.Contains(p.Stdout(), part) {
					t.Errorf("no %q in\n%s", part, p.Stdout())
				}
			}
		})
	}
}

func TestHelpAndVersion(t *testing.T) {
	for arg, want := range map[string][]string{
		"--help": {"\n  lab  ", "\n  lab list ", "\n  lab explain NAME ", "\n  lab run NAME... ", "\n  lab compare A B ", "\n  lab max TARGET ",
			"\n  lab serve NAME... ", "\n  lab load ", "\n  lab doctor ", "LAB_RETENTION", "\nExit codes:\n  0  "},
		"--version": {"loadlab ", " (revision ", runtime.Version()},
	} {
		p := testkit.Launch(t, "lab", []string{arg})
		if code := p.Wait().ExitCode(); code != exitcode.Pass {
			t.Errorf("%s: exit code %d", arg, code)
		}
		for _, part := range want {
			if !strings.Contains(p.Stdout(), part) {
				t.Errorf("%s: no %q in\n%s", arg, part, p.Stdout())
			}
		}
	}
}
