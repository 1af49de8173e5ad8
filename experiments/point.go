package experiments

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"loadlab/loadgen/report"
)

// Number is a measured figure; NaN, in JSON null, means that it is missing.
type Number float64

// MarshalJSON writes null for what JSON has no number for.
func (n Number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(n), 'g', 6, 64), nil
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	value, err := strconv.ParseFloat(string(data), 64)
	if err != nil {
		return fmt.Errorf("%.40q is no number", data)
	}
	*n = Number(value)
	return nil
}

func numbers(values []float64) []Number {
	var out []Number
	for _, v := range values {
		out = append(out, Number(v))
	}
	return out
}

// Point is what one load of a step gave. Times are in seconds, means over the
// completed requests; rates are per second.
type Point struct {
	Load       float64 `json:"load" expr:"load"` // as the step states it
	N          float64 `json:"n" expr:"n"`       // mean number in flight
	Wall       float64 `json:"wall_s" expr:"wall"`
	Offered    float64 `json:"offered_rate" expr:"offered"`
	Rate       float64 `json:"rate" expr:"rate"` // completed
	Goodput    float64 `json:"goodput" expr:"goodput"`
	Scheduled  float64 `json:"scheduled" expr:"scheduled"`
	Completed  float64 `json:"completed" expr:"completed"`
	OK         float64 `json:"ok" expr:"ok"`
	Dropped    float64 `json:"dropped" expr:"dropped"`
	Shed       float64 `json:"shed" expr:"shed"` // answered 429 or 503
	Mean       float64 `json:"service_mean_s" expr:"mean"`
	ServiceP50 float64 `json:"service_p50_s" expr:"service_p50"`
	ServiceP99 float64 `json:"service_p99_s" expr:"service_p99"`
	P50        float64 `json:"response_p50_s" expr:"p50"`
	P99        float64 `json:"response_p99_s" expr:"p99"`
	Lag        float64 `json:"lag_s" expr:"lag"`
	Blocked    float64 `json:"blocked_s" expr:"blocked"` // waiting for a free connection
	Connect    float64 `json:"connect_s" expr:"connect"`
	Network    float64 `json:"network_s" expr:"network"`
	Entry      float64 `json:"entry_s" expr:"entry"` // received by a service, before its handler started
	Queue      float64 `json:"queue_s" expr:"queue"`
	CPU        float64 `json:"cpu_s" expr:"cpu"`
	Wait       float64 `json:"wait_s" expr:"wait"`
	// Unattributed is service time of requests whose reply has no split.
	Unattributed float64 `json:"unattributed_s" expr:"unattributed"`
	// ServerCPU is CPU time of the watched service per second, Served the requests
	// that it answered, ServerCPUEach its CPU time for one of them; all with the
	// warm-up. NaN, in JSON null, means that no service was watched.
	ServerCPU     float64 `json:"server_cpu" expr:"server_cpu"`
	ServerCPUEach float64 `json:"server_cpu_each_s" expr:"server_cpu_each"`
	Served        float64 `json:"served" expr:"served"`

	Valid    bool     `json:"valid" expr:"-"`
	Reasons  []string `json:"reasons,omitempty" expr:"-"`
	Attempts int      `json:"attempts" expr:"-"` // how often it was measured until it was valid
}

// MarshalJSON writes what is missing as null.
func (p Point) MarshalJSON() ([]byte, error) {
	type plain Point
	return json.Marshal(struct {
		plain
		ServerCPU     Number `json:"server_cpu"`
		ServerCPUEach Number `json:"server_cpu_each_s"`
		Served        Number `json:"served"`
	}{plain(p), Number(p.ServerCPU), Number(p.ServerCPUEach), Number(p.Served)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Point) UnmarshalJSON(data []byte) error {
	type plain Point
	read := struct {
		*plain
		ServerCPU     Number `json:"server_cpu"`
		ServerCPUEach Number `json:"server_cpu_each_s"`
		Served        Number `json:"served"`
	}{plain: (*plain)(p)}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	p.ServerCPU, p.ServerCPUEach, p.Served = float64(read.ServerCPU), float64(read.ServerCPUEach), float64(read.Served)
	return nil
}

// pointOf reads the report of a load whose step accepts so much lag. What the
// server did not tell stays 0.
func pointOf(load float64, bears time.Duration, r *report.Report) Point {
	p := Point{
		Load: load, N: r.MeanInFlight, Offered: r.OfferedRate, Rate: r.AchievedRate,
		Wall:      (r.Elapsed + r.Drained).Seconds(),
		Scheduled: float64(r.Scheduled), Completed: float64(r.Completed), Dropped: float64(r.DroppedAll()),
		Mean: r.Service.Mean().Seconds(), ServiceP50: r.Service.Quantile(.5).Seconds(), ServiceP99: r.Service.Quantile(.99).Seconds(),
		P50: r.Response.Quantile(.5).Seconds(), P99: r.Response.Quantile(.99).Seconds(),
		ServerCPU: math.NaN(), ServerCPUEach: math.NaN(), Served: math.NaN(),
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
		if reason.Name != report.ReasonLag || late > bears.Seconds() {
			p.Reasons = append(p.Reasons, reason.Detail)
		}
	}
	p.Valid = len(p.Reasons) == 0
	if r.Loop == "batch" {
		p.Wall = r.Response.Max().Seconds() // from the common start to the last reply
	}
	return p
}
