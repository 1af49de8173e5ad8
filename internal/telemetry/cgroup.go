package telemetry

import (
	"io/fs"

	"github.com/prometheus/client_golang/prometheus"

	"loadlab/internal/cgroup"
)

// cgroupCollector reports the CPU limit of the process's control group, and how
// long that limit has throttled it. Where there is no limit its metrics are absent.
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
	cpu, ok := cgroup.ReadCPU(c.root)
	if !ok {
		return
	}
	ch <- prometheus.MustNewConstMetric(c.limit, prometheus.GaugeValue, cpu.Cores)
	ch <- prometheus.MustNewConstMetric(c.throttled, prometheus.CounterValue, cpu.Throttled.Seconds())
}
