package observe

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Results are those of faults that a test causes. The zero value has none.
type Results struct {
	names []string // in the order of their first try
	by    map[string]*tried
}

// tried is what the tries of one fault did to the traffic.
type tried struct {
	tally     Tally
	recovered []time.Duration
}

// Add keeps one try of the fault with that name.
func (r *Results) Add(name string, tally Tally, recovered time.Duration) {
	if r.by == nil {
		r.by = map[string]*tried{}
	}
	if r.by[name] == nil {
		r.by[name] = &tried{}
		r.names = append(r.names, name)
	}
	r.by[name].tally = r.by[name].tally.Plus(tally)
	r.by[name].recovered = append(r.by[name].recovered, recovered)
}

// String is the table of docs/reliability.md without its commands.
func (r *Results) String() string {
	const unit = 10 * time.Millisecond
	var rows strings.Builder
	for _, name := range r.names {
		t := r.by[name]
		slices.Sort(t.recovered)
		fmt.Fprintf(&rows, "| %s | %d tries, %d requests | %d | %d | median %v, at most %v |\n", name, len(t.recovered), t.tally.Sent,
			t.tally.Failed+t.tally.Silent, t.tally.Refused, t.recovered[len(t.recovered)/2].Round(unit), t.recovered[len(t.recovered)-1].Round(unit))
	}
	return rows.String()
}
