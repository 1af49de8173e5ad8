package comparison

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/internal/exitcode"
	"loadlab/loadgen/record"
	"loadlab/loadgen/report"
)

const wrkOutput = `Running 1s test @ http://127.0.0.1:8095/spin?ms=0
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   382.57us  231.87us   6.27ms   93.03%
    Req/Sec    41.91k     3.57k   46.12k    72.73%
  45768 requests in 1.10s, 10.43MB read
Requests/sec:  41607.32
Transfer/sec:      9.48MB
`

func TestReadWrk(t *testing.T) {
	if got, err := readWrk([]byte(wrkOutput), ""); err != nil || got != (outcome{45768, 41607.32}) {
		t.Errorf("%+v, %v", got, err)
	}
	for name, output := range map[string]string{
		"nothing":       "",
		"no request":    strings.Replace(wrkOutput, "45768", "0", 1),
		"no rate":       strings.Replace(wrkOutput, "Requests/sec:", "Requests/min:", 1),
		"errors":        strings.Replace(wrkOutput, "Requests/sec", "  Non-2xx or 3xx responses: 7\nRequests/sec", 1),
		"socket errors": strings.Replace(wrkOutput, "Requests/sec", "  Socket errors: connect 0, read 3, write 0, timeout 0\nRequests/sec", 1),
	} {
		if got, err := readWrk([]byte(output), ""); err == nil {
			t.Errorf("%s is read as %+v", name, got)
		}
	}
}

func TestReadLoadgen(t *testing.T) {
	none := report.NewTimes(record.NewHDR(), 0)
	written := func(scheduled, ok uint64) string {
		text, err := json.Marshal(report.Report{
			Version: report.Version, Scheduled: scheduled, Elapsed: 1900 * time.Millisecond, Drained: 100 * time.Millisecond,
			Response: none, ResponseOK: none, Service: none, Lag: none,
			Targets: []report.Target{{Status: map[int]uint64{200: ok}, Response: none, Service: none}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, row := range map[string]struct {
		reports []string
		want    outcome
	}{
		"a report":      {[]string{written(500, 500)}, outcome{500, 250}},
		"no report":     {nil, outcome{}},
		"two reports":   {[]string{written(500, 500), written(500, 500)}, outcome{}},
		"an error":      {[]string{written(500, 499)}, outcome{}},
		"no request":    {[]string{written(0, 0)}, outcome{}},
		"half a report": {[]string{`{"scheduled":`}, outcome{}},
	} {
		folder := t.TempDir()
		for i, text := range row.reports {
			if err := os.WriteFile(filepath.Join(folder, string(rune('a'+i))+".json"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := readLoadgen(nil, folder); got != row.want || (err == nil) != (row.want.requests > 0) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestCounts(t *testing.T) {
	const exposition = `# TYPE http_server_request_duration_seconds histogram
http_server_request_duration_seconds_bucket{http_route="/wait",le="+Inf"} 7
http_server_request_duration_seconds_sum{http_route="/wait"} 1
http_server_request_duration_seconds_count{http_route="/wait"} 7
http_server_request_duration_seconds_bucket{http_route="/spin",le="+Inf"} 5
http_server_request_duration_seconds_sum{http_route="/spin"} 1
http_server_request_duration_seconds_count{http_route="/spin"} 5
# TYPE http_server_active_requests gauge
http_server_active_requests{http_route="/wait"} 2
http_server_active_requests{http_route="/spin"} 1
`
	if answered, active, err := counts(strings.NewReader(exposition)); answered != 12 || active != 3 || err != nil {
		t.Errorf("%d answered, %v in progress, %v", answered, active, err)
	}
	if _, _, err := counts(strings.NewReader("<html>")); err == nil {
		t.Error("a page is read as metrics")
	}
}

// A server may have counted more than wrk, which gives up what is in progress at its end.
func TestTheServerMustCountWhatWasSent(t *testing.T) {
	for _, row := range []struct {
		generator generator
		counted   uint64
		agrees    bool
	}{
		{generator{name: ours}, 100, true},
		{generator{name: ours}, 99, false},
		{generator{name: ours}, 101, false},
		{generator{name: "wrk", abandons: true}, 100, true},
		{generator{name: "wrk", abandons: true}, 104, true},
		{generator{name: "wrk", abandons: true}, 105, false},
		{generator{name: "wrk", abandons: true}, 99, false},
	} {
		if err := row.generator.agrees(100, row.counted, 4); (err == nil) != row.agrees {
			t.Errorf("%s sent 100, the server counted %d: %v", row.generator.name, row.counted, err)
		}
	}
}

func TestPathsAndBoundsOfLoads(t *testing.T) {
	both := &subject{wait: "/wait", spin: "/spin"}
	waiting, computing := services()[0], services()[1]
	for _, row := range []struct {
		load                    string
		both, waiting, computes string
		most                    float64
	}{
		{"reply", "/spin?ms=0", "/io/wait?ms=0", "/cpu/spin?ms=0", 0},
		{"wait-1ms", "/wait?ms=1", "/io/wait?ms=1", "", 16_000},
		{"wait-5ms", "/wait?ms=5", "/io/wait?ms=5", "", 3200},
		{"spin-5ms", "/spin?ms=5", "", "/cpu/spin?ms=5", 200},
	} {
		l := chosen([]string{row.load})[0]
		if got := []string{l.path(both), l.path(waiting), l.path(computing)}; !slices.Equal(got, []string{row.both, row.waiting, row.computes}) || l.most() != row.most {
			t.Errorf("%s asks for %q, at most %v/s", row.load, got, l.most())
		}
	}
	if len(chosen(nil)) != len(loadNames()) {
		t.Error("without a choice a load is left out")
	}
}

func TestTable(t *testing.T) {
	first, second := &subject{name: "tornado", title: "Tornado"}, &subject{name: "node", title: "Node.js"}
	absent := &subject{name: "uvloop", title: "uvloop", missing: os.ErrNotExist}
	for _, s := range []*subject{first, second, absent} {
		s.wait, s.spin = "/wait", "/spin"
	}
	f := &figures{
		bench: &bench{
			subjects:    []*subject{absent, first, second},
			generators:  []*generator{{name: ours, path: "loadgen", version: "this tree"}, {name: "wrk", path: "wrk", version: "4"}},
			serverCores: []int{0}, loadCores: []int{1},
		},
		loads: chosen([]string{"spin-5ms"}), rounds: 3,
		series: series{
			{"spin-5ms", "tornado", ours}:  {{100, .005}, {110, .005}, {120, .005}},
			{"spin-5ms", "node", ours}:     {{200, .0025}, {330, .0025}, {120, .0025}},
			{"spin-5ms", "tornado", "wrk"}: {{50, .005}, {50, .005}, {50, .005}},
			{"spin-5ms", "node", "wrk"}:    {{100, .005}, {100, .005}, {100, .005}},
		},
		memory: []memory{{"tornado", 30 << 20, 40 << 20}, {"node", 50 << 20, 60 << 20}},
	}
	var out strings.Builder
	f.write(&out, []string{"a machine"}, time.Unix(0, 0))
	for _, line := range []string{
		"Measured 1970-01-01 on ",
		"4 connections. One core computes 200 of them a second.",
		"| server | load by | requests/s | of Tornado's | CPU per request | of Tornado's | core used |",
		"| Tornado | loadgen | 110 (100 … 120) | 1.00 | 5000 µs (5000 … 5000) | 1.00 | 55.0 % |",
		"| Node.js | loadgen | 200 (120 … 330) | 2.00 (1.00 … 3.00) | 2500 µs (2500 … 2500) | 0.50 (0.50 … 0.50) | 50.0 % |",
		"| Computations of 5 ms | 2.00 … 2.20 | 0.50 … 1.00 |",
		"| Node.js |  | 50.0 MiB | 60.0 MiB |",
		"| uvloop | missing: file does not exist | – | – |",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, out.String())
		}
	}
	if got := ratios([]sample{{rate: 1}}, nil, rate); len(got) != 0 {
		t.Errorf("ratios without a base are %v", got)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-servers", "cobol"}, {"-loads", "heavy"}, {"-rounds", "0"}, {"-rounds", "many"}, {"further"}} {
		var progress strings.Builder
		if code := Main(t.Context(), args, func(string) string { return "" }, &progress, &progress); code != exitcode.Usage || progress.Len() == 0 {
			t.Errorf("%v: exit code %d: %s", args, code, progress.String())
		}
	}
}
