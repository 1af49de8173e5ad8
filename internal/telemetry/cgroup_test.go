package telemetry

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func files(pairs ...string) fstest.MapFS {
	fs := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fs[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fs
}

func TestCgroup(t *testing.T) {
	const (
		v1Stat = "nr_periods 10\nnr_throttled 4\nthrottled_time 1500000000\n"
		v2Stat = "usage_usec 9\nnr_throttled 4\nthrottled_usec 2500000\n"
	)
	for _, row := range []struct {
		name             string
		fs               fstest.MapFS
		limit, throttled string // as exposed; empty if absent
	}{
		{"v2 in a container", files("proc/self/cgroup", "0::/\n",
			"sys/fs/cgroup/cpu.max", "25000 100000\n", "sys/fs/cgroup/cpu.stat", v2Stat), "0.25", "2.5"},
		{"v2 in a group of the host", files("proc/self/cgroup", "0::/system.slice/x.service\n",
			"sys/fs/cgroup/system.slice/x.service/cpu.max", "200000 100000\n",
			"sys/fs/cgroup/system.slice/x.service/cpu.stat", v2Stat), "2", "2.5"},
		{"v2 whose own group is out of sight", files("proc/self/cgroup", "0::/../../elsewhere\n",
			"sys/fs/cgroup/cpu.max", "150000 100000\n"), "1.5", "0"},
		{"v2 without a limit", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/cpu.max", "max 100000\n"), "", ""},
		{"v1 in a container", files("proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n",
			"sys/fs/cgroup/cpu/cpu.stat", v1Stat), "0.5", "1.5"},
		{"v1 in a group of the host", files("proc/self/cgroup", "4:cpu,cpuacct:/batch\n",
			"sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_quota_us", "300000\n",
			"sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_period_us", "100000\n",
			"sys/fs/cgroup/cpu,cpuacct/batch/cpu.stat", v1Stat), "3", "1.5"},
		{"v1 without a limit", files("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"), "", ""},
		{"v1 without a period", files("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n"), "", ""},
		{"malformed", files("proc/self/cgroup", "rubbish\n", "sys/fs/cgroup/cpu.max", "many few\n"), "", ""},
		{"a period of nothing", files("sys/fs/cgroup/cpu.max", "1000 0\n"), "", ""},
		{"malformed statistics", files("sys/fs/cgroup/cpu.max", "100000 100000\n", "sys/fs/cgroup/cpu.stat", "throttled_usec\nx y z\n"), "1", "0"},
		{"none", files(), "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			want := ""
			if row.limit != "" {
				want = "# HELP lab_cgroup_cpu_limit_cores CPU time per second that the control group may use.\n" +
					"# TYPE lab_cgroup_cpu_limit_cores gauge\nlab_cgroup_cpu_limit_cores " + row.limit + "\n" +
					"# HELP lab_cgroup_cpu_throttled_seconds_total Time for which the control group was stopped because its CPU quota was spent.\n" +
					"# TYPE lab_cgroup_cpu_throttled_seconds_total counter\nlab_cgroup_cpu_throttled_seconds_total " + row.throttled + "\n"
			}
			if err := testutil.CollectAndCompare(newCgroupCollector(row.fs), strings.NewReader(want)); err != nil {
				t.Error(err)
			}
		})
	}
}
