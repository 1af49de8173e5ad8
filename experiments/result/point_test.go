package result

import (
	"encoding/json"
	"math"
	"testing"
)

// What was not watched is missing in every way that a result is read, in results
// of releases that did not know the field, too.
func TestMissingFiguresOfTheServerStayMissing(t *testing.T) {
	unwatched, err := json.Marshal(Point{ServerCPU: math.NaN(), ServerCPUEach: math.NaN(), Served: math.NaN(), ServerMemory: math.NaN(), ServerInFlight: math.NaN()})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(unwatched), `{"server_cpu":null,"server_cpu_each_s":null,"served":null}`} {
		var p Point
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		if !math.IsNaN(p.ServerCPU) || !math.IsNaN(p.ServerCPUEach) || !math.IsNaN(p.Served) || !math.IsNaN(p.ServerMemory) || !math.IsNaN(p.ServerInFlight) {
			t.Errorf("%s is read as %+v", text, p)
		}
	}
	var p Point
	if err := json.Unmarshal([]byte(`{"server_memory_bytes":4096,"server_in_flight":9}`), &p); err != nil || p.ServerMemory != 4096 || p.ServerInFlight != 9 {
		t.Errorf("%+v, %v", p, err)
	}
}
