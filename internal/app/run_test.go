package app_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

// silence is the base URL of a listener that takes connections and never answers.
func silence(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return "http://" + listener.Addr().String()
}

// diary records what happens in order.
type diary struct {
	mu      sync.Mutex
	entries []string
}

func (d *diary) write(entry string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, entry)
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.entries)
}

// instance is a service called name on free ports, with background work that
// ends with fail's error.
func instance(name string, book *diary, background func(context.Context) error, variables map[string]string) app.Instance {
	build := func(_ context.Context, p app.Params) (*app.Service, error) {
		s := web.New(p.Web, p.Telemetry)
		s.Work("/t/name", func(*input.Reader) web.Do {
			return func(context.Context, *workmeter.Meter) (any, error) { return name, nil }
		})
		book.write("build " + name)
		return &app.Service{
			Server: s,
			Background: []func(context.Context) error{func(ctx context.Context) error {
				defer book.write("background of " + name + " ended")
				return background(ctx)
			}},
			Close: func() error { book.write("close " + name); return nil },
		}, nil
	}
	return app.Instance{Builder: app.Builder{Name: name, Build: build}, Getenv: func(variable string) string {
		if strings.HasSuffix(variable, "_ADDR") {
			return "127.0.0.1:0"
		}
		return variables[variable]
	}}
}

func untilDone(ctx context.Context) error { <-ctx.Done(); return nil }

// addresses waits for the log line "serving" of each service.
func addresses(t *testing.T, logs *testkit.Output, names ...string) map[string]map[string]any {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		found := map[string]map[string]any{}
		for _, line := range testkit.Messages(testkit.ParseLog(t, logs.String()), "serving") {
			found[line["service"].(string)] = line
		}
		if len(found) == len(names) {
			return found
		}
		if time.Now().After(deadline) {
			t.Fatalf("services that serve: %v", found)
		}
	}
}

func TestTwoServicesInOneProcess(t *testing.T) {
	book := &diary{}
	var logs, stderr testkit.Output
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	code := make(chan int)
	go func() {
		quick := map[string]string{"SHUTDOWN_DELAY": "0s"}
		code <- app.Run(ctx, nil, &logs, &stderr, instance("one", book, untilDone, quick),
			instance("two", book, untilDone, map[string]string{"SHUTDOWN_DELAY": "0s", "ROUTES": "/t/alias=/t/name"}))
	}()
	at := addresses(t, &logs, "one", "two")
	for name, requests := range map[string]int{"one": 2, "two": 3} {
		url := "http://" + at[name]["address"].(string)
		for range requests {
			response, err := http.Get(url + "/t/name")
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if !strings.Contains(string(body), `"result":"`+name+`"`) {
				t.Errorf("%s answered %s", name, body)
			}
		}
		testkit.Guarded(t, "http://"+at[name]["admin"].(string)+"/debug/pprof/cmdline", http.StatusOK)
		samples := testkit.Metrics(t, "http://"+at[name]["admin"].(string)+"/metrics")
		if got := samples.Count("http_server_request_duration_seconds", nil); got != requests {
			t.Errorf("%s counts %d requests, want %d", name, got, requests)
		}
		if got := len(samples.Select("http_server_active_requests", testkit.Labels{"http_route": "/t/alias", "http_request_method": "GET"})); (got == 1) != (name == "two") {
			t.Errorf("%s has %d named routes", name, got)
		}
	}
	stop()
	if got := <-code; got != exitcode.Pass {
		t.Errorf("exit code %d: %s", got, stderr.String())
	}
	log := testkit.Messages(testkit.ParseLog(t, logs.String()), "request")
	for name, want := range map[string]int{"one": 2, "two": 3} {
		lines := slices.DeleteFunc(slices.Clone(log), func(line map[string]any) bool { return line["service"] != name })
		if len(lines) != want {
			t.Errorf("%d access records of %s, want %d", len(lines), name, want)
		}
	}
	checkOrder(t, book.read())
}

// checkOrder requires services built in order, and closed in reverse after all background work.
func checkOrder(t *testing.T, entries []string) {
	t.Helper()
	if len(entries) != 6 {
		t.Fatalf("diary %q", entries)
	}
	slices.Sort(entries[2:4]) // background work ends in any order
	want := []string{"build one", "build two", "background of one ended", "background of two ended", "close two", "close one"}
	if !slices.Equal(entries, want) {
		t.Errorf("got  %q\nwant %q", entries, want)
	}
}

func TestFirstFailureStopsAll(t *testing.T) {
	book := &diary{}
	var logs, stderr testkit.Output
	broken := errors.New("the queue is gone")
	quick := map[string]string{"SHUTDOWN_DELAY": "0s"}
	code := app.Run(t.Context(), nil, &logs, &stderr,
		instance("one", book, untilDone, quick),
		instance("two", book, func(context.Context) error { return broken }, quick))
	if code != exitcode.Error || stderr.String() != "the queue is gone\n" {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
	checkOrder(t, book.read())
}

func TestNothingIsHalfUp(t *testing.T) {
	book := &diary{}
	var logs, stderr testkit.Output
	refuses := app.Instance{Getenv: instance("two", book, nil, nil).Getenv, Builder: app.Builder{
		Name: "two",
		Build: func(context.Context, app.Params) (*app.Service, error) {
			return nil, &env.Error{Problems: []env.Problem{{Variable: "DATABASE_URL", Reason: "cannot be reached"}}}
		},
	}}
	code := app.Run(t.Context(), nil, &logs, &stderr, instance("one", book, untilDone, nil), refuses)
	if code != exitcode.Usage || stderr.String() != "two: DATABASE_URL: cannot be reached\n" {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
	if got := book.read(); !slices.Equal(got, []string{"build one", "close one"}) {
		t.Errorf("diary %q", got)
	}
	if logs.String() != "" {
		t.Errorf("logged %q", logs.String())
	}
}

func TestReachable(t *testing.T) {
	for _, row := range []struct{ name, address, want string }{
		{"loopback", "127.0.0.1:80", "127.0.0.1:80"},
		{"all interfaces", ":80", "127.0.0.1:80"},
		{"all IPv4", "0.0.0.0:80", "127.0.0.1:80"},
		{"all IPv6", "[::]:80", "127.0.0.1:80"},
		{"a name", "lab:80", "lab:80"},
		{"no port", "lab", "lab"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := app.Reachable(row.address); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}
