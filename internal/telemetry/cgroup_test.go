package telemetry

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestCgroupMetrics(t *testing.T) {
	limited := fstest.MapFS{
		"sys/fs/cgroup/cpu.max":  {Data: []byte("25000 100000\n")},
		"sys/fs/cgroup/cpu.stat": {Data: []byte("throttled_usec 2500000\n")},
	}
	const want = `# HELP lab_cgroup_cpu_limit_cores CPU time per second that the control group may use.
# TYPE lab_cgroup_cpu_limit_cores gauge
lab_cgroup_cpu_limit_cores 0.25
# HELP lab_cgroup_cpu_throttled_seconds_total Time for which the control group was stopped because its CPU quota was spent.
# TYPE lab_cgroup_cpu_throttled_seconds_total counter
lab_cgroup_cpu_throttled_seconds_total 2.5
`
	if err := testutil.CollectAndCompare(newCgroupCollector(limited), strings.NewReader(want)); err != nil {
		t.Error(err)
	}
	if n := testutil.CollectAndCount(newCgroupCollector(fstest.MapFS{})); n > 0 {
		t.Errorf("%d metrics where there is no limit", n)
	}
}
