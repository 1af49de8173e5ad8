package remotewrite_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/exp/api/remote"
	writev2 "github.com/prometheus/client_golang/exp/api/remote/genproto/v2"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"loadlab/loadgen/remotewrite"
)

// A registry's metrics arrive with the labels of the run, in the order that the protocol wants.
func TestWhatIsSent(t *testing.T) {
	registry := prometheus.NewRegistry()
	total := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "a_total", Help: "A count."}, []string{"z", "run_id"})
	total.WithLabelValues("", "own").Add(3)
	classic := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "h_seconds", Buckets: []float64{1, 2.5}})
	classic.Observe(2)
	native := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "n_seconds", NativeHistogramBucketFactor: 1.1, Buckets: []float64{1}})
	native.Observe(2)
	summary := prometheus.NewSummary(prometheus.SummaryOpts{Name: "s", Objectives: map[float64]float64{.5: .1}})
	summary.Observe(7)
	registry.MustRegister(total, classic, native, summary)

	var mu sync.Mutex
	var got writev2.Request
	var header http.Header
	server := httptest.NewServer(remote.SnappyDecodeMiddleware(slog.New(slog.DiscardHandler))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err := errors.Join(err, proto.Unmarshal(body, &got)); err != nil {
			t.Error(err)
		}
		header = r.Header
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", "1")
		w.Header().Set("X-Prometheus-Remote-Write-Histograms-Written", "1")
		w.Header().Set("X-Prometheus-Remote-Write-Exemplars-Written", "0")
		w.WriteHeader(http.StatusNoContent)
	})))
	defer server.Close()
	writer, err := remotewrite.Open(remotewrite.Config{
		URL: strings.Replace(server.URL, "http://", "http://me:secret@", 1), Header: http.Header{"X-Scope-Orgid": {"7"}}, Labels: map[string]string{"run_id": "r", "job": "j"},
	}, registry)
	if err != nil {
		t.Fatal(err)
	}
	if failed, err := writer.Close(context.Background()); failed != 0 || err != nil {
		t.Fatal(failed, err)
	}
	mu.Lock()
	defer mu.Unlock()
	user, password, _ := (&http.Request{Header: header}).BasicAuth()
	if header.Get("X-Scope-OrgID") != "7" || user != "me" || password != "secret" || !strings.Contains(header.Get("Content-Type"), "io.prometheus.write.v2.Request") {
		t.Errorf("header %v", header)
	}
	series := map[string]*writev2.TimeSeries{}
	for _, s := range got.Timeseries {
		series[strings.Join(writev2.DesymbolizeLabels(s.LabelsRefs, got.Symbols, nil), " ")] = s
	}
	for name, want := range map[string]float64{
		"__name__ a_total job j run_id own":               3,
		"__name__ h_seconds_bucket job j le 1.0 run_id r": 0, "__name__ h_seconds_bucket job j le 2.5 run_id r": 1, "__name__ h_seconds_bucket job j le +Inf run_id r": 1,
		"__name__ h_seconds_sum job j run_id r": 2, "__name__ h_seconds_count job j run_id r": 1,
		"__name__ s job j quantile 0.5 run_id r": 7, "__name__ s_sum job j run_id r": 7, "__name__ s_count job j run_id r": 1,
	} {
		if s := series[name]; s == nil || len(s.Samples) != 1 || s.Samples[0].Value != want {
			t.Errorf("series %q is %v, want %v", name, s, want)
		}
	}
	if n := series["__name__ n_seconds job j run_id r"]; n == nil || len(n.Histograms) != 1 || n.Histograms[0].GetCountInt() != 1 || len(n.Histograms[0].PositiveSpans) != 1 {
		t.Errorf("the native histogram is %v", n)
	}
	if len(series) != 10 {
		t.Errorf("%d series, want 10: %v", len(series), series)
	}
}

func TestAReceiverThatRefuses(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "remote write is off", http.StatusNotFound)
	}))
	defer server.Close()
	for _, row := range []struct{ name, url, want string }{{"refuses", server.URL, "remote write is off"}, {"is not there", "http://127.0.0.1:1", "refused"}} {
		t.Run(row.name, func(t *testing.T) {
			writer, err := remotewrite.Open(remotewrite.Config{URL: row.url}, prometheus.NewRegistry())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := writer.Close(context.Background()); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error %v, want %q", err, row.want)
			}
		})
	}
}

// Header fields such as a token are for the receiver that the user named alone.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var followed atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Add(1) }))
	defer other.Close()
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		server := httptest.NewServer(http.RedirectHandler(other.URL, status))
		defer server.Close()
		writer, err := remotewrite.Open(remotewrite.Config{URL: server.URL, Header: http.Header{"X-Token": {"secret"}}}, prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Close(context.Background()); err == nil || !strings.Contains(err.Error(), strconv.Itoa(status)) {
			t.Errorf("error %v, want status %d", err, status)
		}
	}
	if n := followed.Load(); n != 0 {
		t.Errorf("%d requests reached another host", n)
	}
}
