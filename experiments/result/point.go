package result

import (
	"encoding/json"
	"math"
)

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
	OKP50      float64 `json:"response_ok_p50_s" expr:"ok_p50"` // of the requests that succeeded
	OKP99      float64 `json:"response_ok_p99_s" expr:"ok_p99"`
	Drained    float64 `json:"drained_s" expr:"drained"` // from the end of the schedule to the last reply
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
	// ServerMemory is the largest resident memory of the watched service that a
	// scrape has seen, in bytes, ServerInFlight the most requests in progress. NaN as above.
	ServerMemory   float64 `json:"server_memory_bytes" expr:"server_memory"`
	ServerInFlight float64 `json:"server_in_flight" expr:"server_in_flight"`

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
		ServerMemory  Number `json:"server_memory_bytes"`
		InFlight      Number `json:"server_in_flight"`
	}{plain(p), Number(p.ServerCPU), Number(p.ServerCPUEach), Number(p.Served), Number(p.ServerMemory), Number(p.ServerInFlight)})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *Point) UnmarshalJSON(data []byte) error {
	type plain Point
	missing := Number(math.NaN())
	read := struct {
		*plain
		ServerCPU     Number `json:"server_cpu"`
		ServerCPUEach Number `json:"server_cpu_each_s"`
		Served        Number `json:"served"`
		ServerMemory  Number `json:"server_memory_bytes"`
		InFlight      Number `json:"server_in_flight"`
	}{plain: (*plain)(p), ServerMemory: missing, InFlight: missing} // older results do not have them
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	p.ServerCPU, p.ServerCPUEach, p.Served = float64(read.ServerCPU), float64(read.ServerCPUEach), float64(read.Served)
	p.ServerMemory, p.ServerInFlight = float64(read.ServerMemory), float64(read.InFlight)
	return nil
}
