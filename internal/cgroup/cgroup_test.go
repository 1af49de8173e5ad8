package cgroup_test

import (
	"testing"
	"testing/fstest"
	"time"

	"loadlab/internal/cgroup"
)

func files(pairs ...string) fstest.MapFS {
	fs := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fs[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fs
}

func TestReadCPU(t *testing.T) {
	const (
		v1Stat = "nr_periods 10\nnr_throttled 4\nthrottled_time 1500000000\n"
		v2Stat = "usage_usec 9\nnr_throttled 4\nthrottled_usec 2500000\n"
	)
	for _, row := range []struct {
		name string
		fs   fstest.MapFS
		want cgroup.CPU // nothing where no limit can be read
	}{
		{"v2 in a container", files("proc/self/cgroup", "0::/\n",
			"sys/fs/cgroup/cpu.max", "25000 100000\n", "sys/fs/cgroup/cpu.stat", v2Stat), cgroup.CPU{Cores: 0.25, Throttled: 2500 * time.Millisecond}},
		{"v2 in a group of the host", files("proc/self/cgroup", "0::/system.slice/x.service\n",
			"sys/fs/cgroup/system.slice/x.service/cpu.max", "200000 100000\n",
			"sys/fs/cgroup/system.slice/x.service/cpu.stat", v2Stat), cgroup.CPU{Cores: 2, Throttled: 2500 * time.Millisecond}},
		{"v2 whose own group is out of sight", files("proc/self/cgroup", "0::/../../elsewhere\n",
			"sys/fs/cgroup/cpu.max", "150000 100000\n"), cgroup.CPU{Cores: 1.5, Throttled: 0}},
		{"v2 without a limit", files("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/cpu.max", "max 100000\n"), cgroup.CPU{}},
		{"v1 in a container", files("proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n",
			"sys/fs/cgroup/cpu/cpu.stat", v1Stat), cgroup.CPU{Cores: 0.5, Throttled: 1500 * time.Millisecond}},
		{"v1 in a group of the host", files("proc/self/cgroup", "4:cpu,cpuacct:/batch\n",
			"sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_quota_us", "300000\n",
			"sys/fs/cgroup/cpu,cpuacct/batch/cpu.cfs_period_us", "100000\n",
			"sys/fs/cgroup/cpu,cpuacct/batch/cpu.stat", v1Stat), cgroup.CPU{Cores: 3, Throttled: 1500 * time.Millisecond}},
		{"v1 without a limit", files("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"), cgroup.CPU{}},
		{"v1 without a period", files("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n"), cgroup.CPU{}},
		{"malformed", files("proc/self/cgroup", "rubbish\n", "sys/fs/cgroup/cpu.max", "many few\n"), cgroup.CPU{}},
		{"a period of nothing", files("sys/fs/cgroup/cpu.max", "1000 0\n"), cgroup.CPU{}},
		{"malformed statistics", files("sys/fs/cgroup/cpu.max", "100000 100000\n", "sys/fs/cgroup/cpu.stat", "throttled_usec\nx y z\n"), cgroup.CPU{Cores: 1, Throttled: 0}},
		{"none", files(), cgroup.CPU{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got, ok := cgroup.ReadCPU(row.fs); got != row.want || ok != (row.want.Cores > 0) {
				t.Errorf("got %+v, %t, want %+v", got, ok, row.want)
			}
		})
	}
}
