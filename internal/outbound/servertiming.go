package outbound

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"loadlab/internal/workmeter"
)

// maxTiming bounds a duration that is believed of a header.
const maxTiming = 24 * time.Hour

// ReadTiming returns the split in the Server-Timing header of a lab service
// (W3C Server Timing: metrics "cpu", "wait" and "queue" with their
// durations in milliseconds). It is false unless all three are there once and
// each is a number from zero to a day. An "entry" is taken if it is a part of the
// queue. Other metrics are ignored.
func ReadTiming(header http.Header) (workmeter.Split, bool) {
	var split workmeter.Split
	parts := map[string]*time.Duration{"cpu": &split.CPU, "wait": &split.Wait, "queue": &split.Queue}
	for _, line := range header.Values("Server-Timing") {
		for metric := range strings.SplitSeq(line, ",") {
			name, parameters, _ := strings.Cut(metric, ";")
			name = strings.TrimSpace(name)
			if name == "entry" {
				split.Entry, split.EntryKnown = readDuration(parameters)
				continue
			}
			part, wanted := parts[name]
			if !wanted {
				continue
			}
			d, ok := readDuration(parameters)
			if !ok || part == nil {
				return workmeter.Split{}, false
			}
			*part = d
			parts[name] = nil // seen
		}
	}
	for _, part := range parts {
		if part != nil {
			return workmeter.Split{}, false
		}
	}
	if split.Entry > split.Queue {
		split.Entry, split.EntryKnown = 0, false
	}
	split.Wall = split.CPU + split.Wait + split.Queue
	return split, true
}

// readDuration finds dur among the parameters of a metric.
func readDuration(parameters string) (time.Duration, bool) {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "dur") {
			continue
		}
		ms, err := strconv.ParseFloat(strings.Trim(strings.TrimSpace(value), `"`), 64)
		if err != nil || math.IsNaN(ms) || ms < 0 || ms > float64(maxTiming/time.Millisecond) {
			return 0, false
		}
		return time.Duration(ms * float64(time.Millisecond)), true
	}
	return 0, false
}
