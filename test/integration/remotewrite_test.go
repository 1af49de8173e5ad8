package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/loadgen/report"
)

// A real Prometheus takes the generator's metrics, and what it computes of the native histogram is what the report says.
func TestPrometheusTakesRemoteWrite(t *testing.T) {
	testkit.Require(t, "prometheus")
	folder, address := t.TempDir(), testkit.FreeAddress(t)
	config := filepath.Join(folder, "prometheus.yml")
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	prometheus := exec.Command("prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(folder, "data"),
		"--web.listen-address="+address, "--web.enable-remote-write-receiver", "--log.level=warn")
	log := &testkit.Output{}
	prometheus.Stdout, prometheus.Stderr = log, log
	if err := prometheus.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = prometheus.Process.Kill() // its data go with the folder
		_ = prometheus.Wait()
		if t.Failed() {
			t.Log(log)
		}
	})
	for late := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if reply, err := http.Get("http://" + address + "/-/ready"); err == nil {
			reply.Body.Close()
			if reply.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Now().After(late) {
			t.Fatal("Prometheus is not ready after a minute")
		}
	}
	iobound := testkit.Start(t, "iobound")
	file := filepath.Join(folder, "report.json")
	generator := testkit.Launch(t, "loadgen", []string{
		"--targets", "GET " + iobound.URL + "/io/wait?ms=20;GET " + iobound.URL + "/io/wait?ms=60", "--rate=100", "--duration=4s", "--admin-addr=off",
		"--report", file, "--remote-write", "http://" + address + "/api/v1/write", "--labels", "branch=main",
	})
	if code := generator.Wait().ExitCode(); code != 0 && code != 4 { // 4 on a machine that is too busy to measure
		t.Fatalf("exit code %d:\n%s%s", code, generator.Stdout(), generator.Stderr())
	}
	var r report.Report
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	series := fmt.Sprintf(`{run_id=%q,branch="main",job="loadgen"}`, r.RunID)
	if got := instant(t, address, "sum(loadgen_scheduled_total"+series+")"); got != float64(r.Scheduled) {
		t.Errorf("Prometheus has %v scheduled requests, the report %d", got, r.Scheduled)
	}
	if got := instant(t, address, "sum(histogram_count(loadgen_response_time_seconds"+series+"))"); got != float64(r.Completed) {
		t.Errorf("Prometheus has %v response times, the report %d", got, r.Completed)
	}
	for _, q := range []float64{.25, .75, .9} { // between two of them lies the gap of the two targets
		got := instant(t, address, fmt.Sprintf("histogram_quantile(%v, sum(loadgen_response_time_seconds%s))", q, series))
		want := r.Response.Quantile(q).Seconds()
		if got < want/1.1 || got > want*1.1 { // a bucket is 9 % wide
			t.Errorf("the quantile %v is %v s in Prometheus, %v s in the report", q, got, want)
		}
	}
}

// instant is the value of a query that gives one.
func instant(t *testing.T, address, query string) float64 {
	t.Helper()
	status, body := testkit.Get(t, "http://"+address+"/api/v1/query?query="+url.QueryEscape(query))
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || len(answer.Data.Result) != 1 {
		t.Fatalf("%s: status %d, %s", query, status, body)
	}
	value, err := strconv.ParseFloat(fmt.Sprint(answer.Data.Result[0].Value[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return value
}
