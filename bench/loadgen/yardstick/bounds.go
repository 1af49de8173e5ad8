package yardstick

import (
	"fmt"
	"math"
	"time"
)

// bound is a figure with the most that it may be.
type bound struct {
	name     string
	measured float64 // NaN where a peer is missing
	limit    float64
	unit     string
}

func (b bound) missing() bool { return math.IsNaN(b.measured) }
func (b bound) holds() bool   { return b.measured <= b.limit }

func (b bound) verdict() string {
	switch {
	case b.missing():
		return "not measured"
	case b.holds():
		return "holds"
	}
	return "does not hold"
}

const (
	memoryLimit  = 64 // MiB
	memoryGrowth = 1.25
	rateShare    = .5 // percent
	delayShare   = .03
	delayFloor   = 100 * time.Microsecond
)

// bounds are what the generator promises, in the order of the tables.
func (f figures) bounds() []bound {
	var all []bound
	own := medianOf(f.cpu[ours], result.cpuPerRequest)
	for _, peer := range []struct {
		name  string
		limit float64
	}{{"wrk", 1.6}, {"hey", .5}, {"vegeta", .5}, {"k6", .5}} {
		all = append(all, bound{"CPU per request, of " + peer.name + "'s", own / medianOf(f.cpu[peer.name], result.cpuPerRequest), peer.limit, ""})
	}
	for _, p := range f.pacing {
		at := fmt.Sprintf(" at %d/s", p.rate)
		all = append(all,
			bound{"schedule lag p50" + at, medianOf(p.runs[ours], lagOf(.5)), 60, " µs"},
			bound{"schedule lag p99" + at, medianOf(p.runs[ours], lagOf(.99)), 300, " µs"},
			bound{"achieved rate off" + at, medianOf(p.runs[ours], p.rateOff), rateShare, " %"})
		own := medianOf(p.runs[ours], variationOf)
		for _, peer := range []string{"vegeta", "k6"} {
			all = append(all, bound{"variation of inter-arrival" + at + ", of " + peer + "'s", own / medianOf(p.runs[peer], variationOf), .5, ""})
		}
	}
	short, long := mebibytes(f.short.peak), mebibytes(f.long.peak)
	all = append(all,
		bound{fmt.Sprintf("peak memory at %d/s", memoryRate), max(short, long), memoryLimit, " MiB"},
		bound{"peak memory of a run four times as long, of the short one's", long / short, memoryGrowth, ""})
	for _, d := range f.delays {
		limit := max(delayFloor, time.Duration(delayShare*float64(d.nominal)))
		all = append(all, bound{fmt.Sprintf("error of the median service time at %v", d.nominal), float64(d.off().Microseconds()), float64(limit.Microseconds()), " µs"})
	}
	return all
}

// mebibytes of a peak; NaN if it is unknown.
func mebibytes(bytes int64) float64 {
	if bytes == 0 {
		return math.NaN()
	}
	return float64(bytes) / (1 << 20)
}
