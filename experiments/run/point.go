package run

import (
	"math"
	"time"

	"loadlab/experiments/result"
	"loadlab/loadgen/report"
)

// pointOf reads the report of a load whose step accepts so much lag. What the
// server did not report stays 0.
func pointOf(load float64, tolerated time.Duration, r *report.Report) result.Point {
	p := result.Point{
		Load: load, N: r.MeanInFlight, Offered: r.OfferedRate, Rate: r.AchievedRate,
		Wall:      (r.Elapsed + r.Drained).Seconds(),
		Scheduled: float64(r.Scheduled), Completed: float64(r.Completed), Dropped: float64(r.DroppedAll()),
		Mean: r.Service.Mean().Seconds(), ServiceP50: r.Service.Quantile(.5).Seconds(), ServiceP99: r.Service.Quantile(.99).Seconds(),
		P50: r.Response.Quantile(.5).Seconds(), P99: r.Response.Quantile(.99).Seconds(),
		OKP50: r.ResponseOK.Quantile(.5).Seconds(), OKP99: r.ResponseOK.Quantile(.99).Seconds(), Drained: r.Drained.Seconds(),
		ServerCPU: math.NaN(), ServerCPUEach: math.NaN(), Served: math.NaN(), ServerMemory: math.NaN(), ServerInFlight: math.NaN(),
	}
	p.OK = float64(r.Completed - r.Failed())
	if r.Elapsed > 0 {
		p.Goodput = p.OK / r.Elapsed.Seconds()
	}
	for i := range r.Targets {
		p.Shed += float64(r.Targets[i].Status[429] + r.Targets[i].Status[503])
	}
	sums := r.Parts()
	each := func(name string) float64 {
		if r.Completed == 0 {
			return 0
		}
		return (sums[name] / time.Duration(r.Completed)).Seconds()
	}
	p.Lag, p.Blocked, p.Connect, p.Network = each("lag"), each("blocked"), each("connect"), each("network")
	p.Entry, p.Queue, p.CPU, p.Wait = each("entry"), each("queue"), each("cpu"), each("wait")
	p.Unattributed = each("unattributed")
	late := max(r.Lag.Quantile(.99).Seconds(), p.Lag) // p.Lag is of both ends
	for _, reason := range r.Validity.Reasons {
		if reason.Name != report.ReasonLag || late > tolerated.Seconds() {
			p.Reasons = append(p.Reasons, reason.Detail)
		}
	}
	p.Valid = len(p.Reasons) == 0
	if r.Loop == "batch" {
		p.Wall = r.Response.Max().Seconds() // from the common start to the last reply
	}
	return p
}
