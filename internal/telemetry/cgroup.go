package telemetry

import (
	"bufio"
	"bytes"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// cgroupCollector reads the CPU limit of the process's control group, and how
// long it was throttled by it, from cgroup v2 or v1 files. Where there is no
// limit its metrics are absent.
type cgroupCollector struct {
	root             fs.FS
	limit, throttled *prometheus.Desc
}

func newCgroupCollector(root fs.FS) *cgroupCollector {
	return &cgroupCollector{
		root: root,
		limit: prometheus.NewDesc("lab_cgroup_cpu_limit_cores",
			"CPU time per second that the control group may use.", nil, nil),
		throttled: prometheus.NewDesc("lab_cgroup_cpu_throttled_seconds_total",
			"Time for which the control group was stopped because its CPU quota was spent.", nil, nil),
	}
}

func (c *cgroupCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- c.limit
	ch <- c.throttled
}

func (c *cgroupCollector) Collect(ch chan<- prometheus.Metric) {
	usage, ok := readCPU(c.root)
	if !ok {
		return
	}
	ch <- prometheus.MustNewConstMetric(c.limit, prometheus.GaugeValue, usage.limit)
	ch <- prometheus.MustNewConstMetric(c.throttled, prometheus.CounterValue, usage.throttled.Seconds())
}

type cpuLimit struct {
	limit     float64 // cores
	throttled time.Duration
}

// readCPU tries the process's own group first. In a container only the mount's
// root is visible, and it is the process's group.
func readCPU(root fs.FS) (cpuLimit, bool) {
	groups := ownGroups(root)
	for _, dir := range []string{path.Join("sys/fs/cgroup", groups[""]), "sys/fs/cgroup"} {
		if limit, ok := readV2(root, dir); ok {
			return limit, true
		}
	}
	for _, mount := range []string{"sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"} {
		for _, dir := range []string{path.Join(mount, groups["cpu"]), mount} {
			if limit, ok := readV1(root, dir); ok {
				return limit, true
			}
		}
	}
	return cpuLimit{}, false
}

// ownGroups maps each controller to the process's group; the unified hierarchy's key is empty.
func ownGroups(root fs.FS) map[string]string {
	groups := map[string]string{}
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return groups
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		parts := strings.SplitN(lines.Text(), ":", 3)
		if len(parts) < 3 {
			continue
		}
		for controller := range strings.SplitSeq(parts[1], ",") {
			groups[controller] = parts[2]
		}
	}
	return groups
}

// readV2 reads "quota period" of cpu.max, where the quota "max" is none, in microseconds.
func readV2(root fs.FS, dir string) (cpuLimit, bool) {
	text, err := fs.ReadFile(root, path.Join(dir, "cpu.max"))
	if err != nil {
		return cpuLimit{}, false
	}
	quota, period, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	return newCPULimit(quota, period, time.Duration(stat(root, dir, "throttled_usec"))*time.Microsecond)
}

// readV1 reads the pair of files in microseconds, where a negative quota is none.
func readV1(root fs.FS, dir string) (cpuLimit, bool) {
	quota, err := fs.ReadFile(root, path.Join(dir, "cpu.cfs_quota_us"))
	if err != nil {
		return cpuLimit{}, false
	}
	period, err := fs.ReadFile(root, path.Join(dir, "cpu.cfs_period_us"))
	if err != nil {
		return cpuLimit{}, false
	}
	return newCPULimit(string(quota), string(period), time.Duration(stat(root, dir, "throttled_time")))
}

func newCPULimit(quota, period string, throttled time.Duration) (cpuLimit, bool) {
	q, err := strconv.ParseFloat(strings.TrimSpace(quota), 64)
	if err != nil || q <= 0 {
		return cpuLimit{}, false
	}
	p, err := strconv.ParseFloat(strings.TrimSpace(period), 64)
	if err != nil || p <= 0 {
		return cpuLimit{}, false
	}
	return cpuLimit{limit: q / p, throttled: throttled}, true
}

func stat(root fs.FS, dir, key string) int64 {
	text, err := fs.ReadFile(root, path.Join(dir, "cpu.stat"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == key {
			n, _ := strconv.ParseInt(value, 10, 64)
			return n
		}
	}
	return 0
}
