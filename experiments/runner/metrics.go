package runner

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

var info = prometheus.NewDesc("lab_experiment_info", "The experiment that runs, with the step that is measured.",
	[]string{"run_id", "experiment", "step", "load"}, nil)

// Describe implements prometheus.Collector.
func (rn *Runner) Describe(ch chan<- *prometheus.Desc) { ch <- info }

// Collect reports the load that is measured now, nothing between loads.
func (rn *Runner) Collect(ch chan<- prometheus.Metric) {
	running, _ := rn.State()
	if running == nil || running.Next == nil {
		return
	}
	next := running.Next
	ch <- prometheus.MustNewConstMetric(info, prometheus.GaugeValue, 1,
		running.Run, running.Name, next.Step, strconv.FormatFloat(next.Load, 'g', -1, 64))
}
