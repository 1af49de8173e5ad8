package record_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"loadlab/loadgen/record"
)

type judgedCollector struct{ totals []*record.Totals }

func (c judgedCollector) Describe(ch chan<- *prometheus.Desc) { record.Describe(ch) }

func (c judgedCollector) Collect(ch chan<- prometheus.Metric) {
	record.Collect(ch, []record.Labels{{Target: "io", Method: "GET"}}, c.totals...)
}

// Each response is counted once, under its status with the outcome that a check has decided.
func TestJudgedResponsesKeepTheirStatus(t *testing.T) {
	var c judgedCollector
	for range 2 {
		set := record.NewSet(1)
		for range 2 { // the second time after a reset
			set.Reset()
			for status, list := range map[int][]record.Outcome{
				200: {record.OK, record.OK, record.CheckFailed}, 404: {record.OK, record.HTTPError, record.CheckFailed, record.CheckFailed},
			} {
				for _, outcome := range list {
					set.Add(&record.Result{Outcome: outcome, Status: status, Response: time.Second, Service: time.Second})
				}
			}
		}
		totals := record.NewTotals(1)
		totals.Merge(set, time.Now())
		if n := totals.Targets[0].Status; n[200] != 3 || n[404] != 4 {
			t.Errorf("%d of 200 and %d of 404, want 3 and 4", n[200], n[404])
		}
		c.totals = append(c.totals, totals)
	}
	const head = "# HELP loadgen_requests_total Requests that were sent and have ended.\n# TYPE loadgen_requests_total counter\n"
	var want strings.Builder
	want.WriteString(head)
	for _, line := range []string{
		`"",outcome="connect_error",target="io"} 0`, `"",outcome="protocol_error",target="io"} 0`, `"",outcome="timeout",target="io"} 0`, `"",outcome="unfinished",target="io"} 0`,
		`"200",outcome="ok",target="io"} 4`, `"200",outcome="check",target="io"} 2`,
		`"404",outcome="ok",target="io"} 2`, `"404",outcome="http_error",target="io"} 2`, `"404",outcome="check",target="io"} 4`,
	} {
		want.WriteString(`loadgen_requests_total{http_request_method="GET",http_response_status_code=` + line + "\n")
	}
	if err := testutil.CollectAndCompare(c, strings.NewReader(want.String()), "loadgen_requests_total"); err != nil {
		t.Error(err)
	}
}
