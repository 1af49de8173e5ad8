package prom

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

const configuration = `
global:
  scrape_interval: 100ms
  scrape_timeout: 100ms
  evaluation_interval: 100ms
  scrape_native_histograms: true
  always_scrape_classic_histograms: true
rule_files: [rules/*.rules.yml]
scrape_configs:
  - job_name: iobound
    static_configs: [{targets: ["iobound:9464"]}]
  - job_name: jaeger
    static_configs: [{targets: ["jaeger:8888"]}]
`

const ruleFile = `
groups:
  - name: test
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: up == 0
        labels: {severity: page}
        annotations: {summary: '{{ $labels.job }} is down'}
`

func files() fstest.MapFS {
	return fstest.MapFS{
		"prometheus.yml":       {Data: []byte(configuration)},
		"rules/test.rules.yml": {Data: []byte(ruleFile)},
	}
}

func testConfig(t *testing.T) Config {
	return Config{Dir: t.TempDir(), Name: "prometheus.yml", Files: files(), Retention: 3 * time.Hour, MaxBytes: 64 << 20}
}

// start opens and runs an engine until the test ends.
func start(t *testing.T, cfg Config) *Engine {
	t.Helper()
	e, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// client is Prometheus's own client of its API, an oracle for our handler.
func client(t *testing.T, e *Engine) (v1.API, string) {
	t.Helper()
	server := httptest.NewServer(e.Handler())
	t.Cleanup(server.Close)
	c, err := api.NewClient(api.Config{Address: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return v1.NewAPI(c), server.URL
}

// scraped is a service with a counter and a histogram that has an exemplar.
func scraped(t *testing.T) string {
	t.Helper()
	registry := prometheus.NewRegistry()
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "requests_total", Help: "Requests."}, []string{"route"})
	seconds := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "seconds", Help: "Seconds.", Buckets: []float64{0.1, 1}, NativeHistogramBucketFactor: 1.1,
	})
	registry.MustRegister(requests, seconds)
	requests.WithLabelValues("/io").Add(3)
	requests.WithLabelValues("/cpu").Add(4)
	seconds.(prometheus.ExemplarObserver).ObserveWithExemplar(0.5, prometheus.Labels{"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"})
	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// await runs a query until it has a value.
func await(t *testing.T, c v1.API, query string) model.Vector {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		value, _, _, err := c.Query(t.Context(), query, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if vector := value.(model.Vector); len(vector) > 0 {
			return vector
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s has no value", query)
		}
	}
}

func TestScrapesEvaluatesAndAnswers(t *testing.T) {
	cfg := testConfig(t)
	address := scraped(t)
	cfg.Targets = map[string][]string{"iobound": {address}}
	c, _ := client(t, start(t, cfg))
	ctx := t.Context()

	if got := await(t, c, `job:up:sum{job="iobound"}`); got[0].Value != 1 {
		t.Errorf("the recording rule says %v", got)
	}
	if got := await(t, c, `requests_total{route="/cpu"}`)[0]; got.Value != 4 || string(got.Metric["instance"]) != address {
		t.Errorf("a counter is %v", got)
	}
	if got := await(t, c, `seconds`)[0]; got.Histogram == nil || got.Histogram.Count != 1 {
		t.Errorf("a native histogram is %v", got)
	}
	if got := await(t, c, `seconds_bucket{le="1.0"}`)[0]; got.Value != 1 {
		t.Errorf("its classic bucket is %v", got)
	}
	value, _, _, err := c.QueryRange(ctx, "requests_total", v1.Range{Start: time.Now().Add(-time.Minute), End: time.Now(), Step: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if matrix := value.(model.Matrix); len(matrix) != 2 || len(matrix[0].Values) == 0 {
		t.Errorf("a range is %v", matrix)
	}
	value, _, _, err = c.QueryRange(ctx, "seconds", v1.Range{Start: time.Now().Add(-time.Minute), End: time.Now(), Step: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if matrix := value.(model.Matrix); len(matrix) != 1 || len(matrix[0].Histograms) == 0 {
		t.Errorf("a range of histograms is %v", matrix)
	}
	exemplars, err := c.QueryExemplars(ctx, "rate(seconds_bucket[1m])", time.Now().Add(-time.Minute), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if len(exemplars) == 0 || exemplars[0].Exemplars[0].Labels["trace_id"] != "4bf92f3577b34da6a3ce929d0e0e4736" || exemplars[0].Exemplars[0].Value != 0.5 {
		t.Errorf("exemplars are %v", exemplars)
	}
}

// What containers alone have is not read, wherever the lab is started: the
// repository's root has such files.
func TestReadsNothingFromTheWorkingDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("containers.scrape.yml", []byte("scrape_configs: [{job_name: dns, dns_sd_configs: [{names: [tornado.]}]}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := testConfig(t)
	cfg.Files = fstest.MapFS{
		"prometheus.yml":       {Data: []byte("scrape_config_files: ['*.scrape.yml']" + configuration)},
		"rules/test.rules.yml": {Data: []byte(ruleFile)},
	}
	start(t, cfg)
}

func TestListsAndStatus(t *testing.T) {
	cfg := testConfig(t)
	cfg.Targets = map[string][]string{"iobound": {scraped(t), "127.0.0.1:1"}}
	c, _ := client(t, start(t, cfg))
	ctx, since := t.Context(), time.Now().Add(-time.Minute)
	await(t, c, `requests_total`)
	await(t, c, `ALERTS{alertname="Down"}`)

	series, _, _, err := c.Series(ctx, []string{`requests_total{route="/io"}`, `requests_total`}, since, time.Now())
	if err != nil || len(series) != 2 {
		t.Errorf("series %v, %v", series, err)
	}
	names, _, _, err := c.LabelNames(ctx, []string{"requests_total"}, since, time.Now())
	if err != nil || fmt.Sprint(names) != "__name__, instance, job, route" {
		t.Errorf("label names %v, %v", names, err)
	}
	values, warnings, _, err := c.LabelValues(ctx, "route", nil, since, time.Now(), v1.WithLimit(1))
	if err != nil || len(values) != 1 || values[0] != "/cpu" || len(warnings) != 1 {
		t.Errorf("label values %v, warnings %v, %v", values, warnings, err)
	}
	metadata, err := c.Metadata(ctx, "requests_total", "")
	if err != nil || metadata["requests_total"][0].Help != "Requests." {
		t.Errorf("metadata %v, %v", metadata, err)
	}
	targets, err := c.Targets(ctx)
	if err != nil || len(targets.Active) != 2 {
		t.Fatalf("targets %v, %v", targets, err)
	}
	health := map[v1.HealthStatus]int{}
	for _, one := range targets.Active {
		health[one.Health]++
	}
	if health["up"] != 1 || health["down"] != 1 {
		t.Errorf("health of the targets %v", health)
	}
	alerts, err := c.Alerts(ctx)
	if err != nil || len(alerts.Alerts) != 1 || alerts.Alerts[0].State != "firing" || alerts.Alerts[0].Annotations["summary"] != "iobound is down" {
		t.Errorf("alerts %v, %v", alerts, err)
	}
	groups, err := c.Rules(ctx, nil)
	if err != nil || len(groups.Groups) != 1 || len(groups.Groups[0].Rules) != 2 {
		t.Fatalf("rules %v, %v", groups, err)
	}
	if recording, ok := groups.Groups[0].Rules[0].(v1.RecordingRule); !ok || recording.Health != "ok" {
		t.Errorf("first rule %v", groups.Groups[0].Rules[0])
	}
	if alerting, ok := groups.Groups[0].Rules[1].(v1.AlertingRule); !ok || alerting.State != "firing" || len(alerting.Alerts) != 1 {
		t.Errorf("second rule %v", groups.Groups[0].Rules[1])
	}
	if info, err := c.Buildinfo(ctx); err != nil || info.GoVersion != runtime.Version() {
		t.Errorf("build info %v, %v", info, err)
	}
}

func TestConfigurationsThatCannotBeUsed(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no configuration", func(c *Config) { c.Name = "none.yml" }, "read Prometheus configuration"},
		{"not YAML", func(c *Config) { c.Files = fstest.MapFS{"prometheus.yml": {Data: []byte("]")}} }, "parse prometheus.yml"},
		{"a job that is not there", func(c *Config) { c.Targets = map[string][]string{"other": {"127.0.0.1:1"}} }, `no job "other"`},
		{"no rule file", func(c *Config) {
			c.Files = fstest.MapFS{"prometheus.yml": {Data: []byte("rule_files: [a/*.yml]")}}
		}, "no rule file matches a/*.yml"},
		{"a rule that is wrong", func(c *Config) {
			all := files()
			all["rules/test.rules.yml"] = &fstest.MapFile{Data: []byte("groups: [{name: a, rules: [{record: b, expr: 'sum('}]}]")}
			c.Files = all
		}, "load rules"},
		{"a file where the folder should be", func(c *Config) {
			c.Dir = filepath.Join(c.Dir, "file")
			if err := os.WriteFile(c.Dir, nil, 0o600); err != nil {
				panic(err)
			}
		}, "open metrics database"},
	} {
		t.Run(row.name, func(t *testing.T) {
			cfg := testConfig(t)
			row.change(&cfg)
			if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want one with %q", err, row.want)
			}
		})
	}
}

// fill appends n series a second for d, as old as if d ended now.
func fill(t *testing.T, e *Engine, n int, d time.Duration) {
	t.Helper()
	end := time.Now()
	appender := e.db.Appender(t.Context())
	for i := range n {
		series := labels.FromStrings("__name__", "x", "i", string(rune('a'+i)))
		var ref storage.SeriesRef
		for at := end.Add(-d); at.Before(end); at = at.Add(10 * time.Second) {
			// Values without a pattern, so that they do not compress to nothing.
			value := float64((at.UnixNano()/1000 + int64(i)) * 2654435761 % 1_000_003)
			var err error
			if ref, err = appender.Append(ref, series, at.UnixMilli(), value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := appender.Commit(); err != nil {
		t.Fatal(err)
	}
}

// compacted fills a database with eight hours and cuts blocks of them.
func compacted(t *testing.T, cfg Config) *Engine {
	t.Helper()
	e, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e.db.DisableCompactions() // by the background; ours is called below
	fill(t, e, 10, 8*time.Hour)
	e.db.EnableCompactions()
	compact(t, e)
	return e
}

// compact cuts, merges and deletes, as the background does once a minute.
func compact(t *testing.T, e *Engine) {
	t.Helper()
	for range 3 {
		if err := e.db.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func oldest(e *Engine) time.Duration { return time.Since(time.UnixMilli(e.db.Blocks()[0].MinTime())) }

func TestRetentionByTime(t *testing.T) {
	for _, row := range []struct {
		retention, least, most time.Duration // age of the oldest block
	}{
		{2 * time.Hour, time.Hour, 3*time.Hour + time.Minute}, // a block goes when all of it is too old
		{100 * time.Hour, 8*time.Hour - time.Minute, 9 * time.Hour},
	} {
		t.Run(row.retention.String(), func(t *testing.T) {
			cfg := testConfig(t)
			cfg.Retention, cfg.MaxBytes = row.retention, 1<<30
			e := compacted(t, cfg)
			defer e.Close()
			if age := oldest(e); age < row.least || age > row.most {
				t.Errorf("the oldest of %d blocks is %v old, want %v to %v", len(e.db.Blocks()), age, row.least, row.most)
			}
		})
	}
}

func TestRetentionBySize(t *testing.T) {
	cfg := testConfig(t)
	cfg.Retention, cfg.MaxBytes = 100*time.Hour, 1<<30
	e := compacted(t, cfg)
	blocks := len(e.db.Blocks())
	var size int64
	for _, block := range e.db.Blocks() {
		size += block.Size()
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.MaxBytes = onDisk(t, cfg.Dir) - size/2
	e, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	compact(t, e)
	if left := len(e.db.Blocks()); left == 0 || left >= blocks {
		t.Errorf("%d of %d blocks are left", left, blocks)
	}
	const uncounted = 16 << 10 // the file of active queries, of blocks' descriptions: not counted by the database
	if now := onDisk(t, cfg.Dir); now > cfg.MaxBytes+uncounted {
		t.Errorf("%d bytes on disk, %d are allowed", now, cfg.MaxBytes)
	}
}

// onDisk is the size of the files below dir.
func onDisk(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

// What a run has stored, the next one in the same folder reads.
func TestReopens(t *testing.T) {
	cfg := testConfig(t)
	first, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, first, 1, time.Minute)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	c, _ := client(t, start(t, cfg))
	if got := await(t, c, `count_over_time(x[2m])`)[0]; got.Value < 5 {
		t.Errorf("%v samples are left of six", got.Value)
	}
}

func TestProbesAndOwnMetrics(t *testing.T) {
	_, url := client(t, start(t, testConfig(t)))
	for path, want := range map[string]string{
		"/-/ready": "ready", "/-/healthy": "ready", "/metrics": "prometheus_tsdb_head_series", "/api/v1/none": "404",
	} {
		response, err := http.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, 1<<20)
		n := 0
		for err == nil && n < len(body) {
			var m int
			m, err = response.Body.Read(body[n:])
			n += m
		}
		response.Body.Close()
		if !strings.Contains(string(body[:n]), want) {
			t.Errorf("%s answers %s without %q", path, response.Status, want)
		}
	}
}
