package web

import (
	"strconv"
	"time"

	"loadlab/internal/workmeter"
)

// serverTiming is the split as the header of that name (W3C Server Timing),
// in milliseconds with a resolution of a microsecond. The entry is a part of
// the queue, and left out where it is unknown.
func serverTiming(s workmeter.Split) string {
	b := make([]byte, 0, 112)
	b = appendTiming(b, "cpu;dur=", s.CPU)
	b = appendTiming(b, ", wait;dur=", s.Wait)
	b = appendTiming(b, ", queue;dur=", s.Queue)
	b = appendTiming(b, ", total;dur=", s.Wall)
	if s.EntryKnown {
		b = appendTiming(b, ", entry;dur=", s.Entry)
	}
	return string(b)
}

func appendTiming(b []byte, label string, d time.Duration) []byte {
	return appendMillis(append(b, label...), d)
}

// appendMillis writes d in milliseconds with three digits after the point, in
// whole numbers: formatting eight floats would cost two microseconds a request.
func appendMillis(b []byte, d time.Duration) []byte {
	b = strconv.AppendInt(b, int64(d/time.Millisecond), 10)
	micros := int64(d % time.Millisecond / time.Microsecond)
	return append(b, '.', byte('0'+micros/100), byte('0'+micros/10%10), byte('0'+micros%10))
}
