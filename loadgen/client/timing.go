package client

import (
	"bytes"
	"math"
	"time"
)

// Timing is where the server says that the time of a request went.
type Timing struct {
	CPU, Wait, Queue time.Duration
	Entry            time.Duration // the part of Queue before the handler started; 0 where the server does not know
	Known            bool          // cpu, wait and queue were there
	seen             uint8
}

// maxTiming bounds a duration that is believed, in nanoseconds.
const maxTiming = float64(24 * time.Hour)

// ParseTiming reads the value of a Server-Timing header (W3C Server Timing):
// the metrics cpu, wait, queue and, where it is known, entry, with their
// durations in milliseconds. Others are ignored, as is a metric whose duration is no number from 0 to a day.
func ParseTiming(value []byte) Timing {
	var t Timing
	t.parse(value)
	return t
}

func (t *Timing) parse(value []byte) {
	for len(value) > 0 {
		var metric []byte
		metric, value, _ = bytes.Cut(value, []byte(","))
		name, parameters, _ := bytes.Cut(metric, []byte(";"))
		var into *time.Duration
		var bit uint8
		switch name = trim(name); {
		case string(name) == "cpu":
			into, bit = &t.CPU, 1
		case string(name) == "wait":
			into, bit = &t.Wait, 2
		case string(name) == "queue":
			into, bit = &t.Queue, 4
		case string(name) == "entry":
			into, bit = &t.Entry, 8
		default:
			continue
		}
		if d, ok := duration(parameters); ok {
			*into = d
			t.seen |= bit
		}
	}
	if t.Entry > t.Queue { // they contradict each other
		t.Entry = 0
	}
	t.Known = t.seen&7 == 7
}

func duration(parameters []byte) (time.Duration, bool) {
	for len(parameters) > 0 {
		var parameter []byte
		parameter, parameters, _ = bytes.Cut(parameters, []byte(";"))
		name, value, _ := bytes.Cut(parameter, []byte("="))
		if !foldEqual(trim(name), "dur") {
			continue
		}
		return milliseconds(bytes.Trim(trim(value), `"`))
	}
	return 0, false
}

// milliseconds reads digits with an optional fraction; strconv would need a string.
func milliseconds(text []byte) (time.Duration, bool) {
	whole, fraction, _ := bytes.Cut(text, []byte("."))
	if len(whole)+len(fraction) == 0 || len(whole) > 12 || len(fraction) > 30 {
		return 0, false
	}
	value, scale := 0.0, 1.0
	for _, c := range whole {
		if c < '0' || c > '9' {
			return 0, false
		}
		value = value*10 + float64(c-'0')
	}
	for _, c := range fraction {
		if c < '0' || c > '9' {
			return 0, false
		}
		scale /= 10
		value += float64(c-'0') * scale
	}
	ns := math.Round(value * float64(time.Millisecond))
	return time.Duration(ns), ns <= maxTiming
}
