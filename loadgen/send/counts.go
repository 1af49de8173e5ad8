package send

import "time"

// A flight counts the requests in flight, with the integral over time.
type flight struct {
	count int64
	sum   int64 // request-nanoseconds until since
	since int64 // when count last changed
}

// change adds to the count. A now that is earlier than the latest change counts as that.
func (f *flight) change(by, now int64) {
	if now > f.since {
		f.sum += f.count * (now - f.since)
		f.since = now
	}
	f.count += by
}

// until is the integral until now.
func (f *flight) until(now int64) time.Duration {
	f.change(0, now)
	return time.Duration(f.sum)
}

// Counts are what a shard, or all of them, count besides their records.
type Counts struct {
	At          int64         // the time of the counts, on the run's clock
	InFlight    int64         // requests sent and not ended
	InFlightFor time.Duration // request-seconds so far
	Outstanding int           // jobs scheduled and neither ended nor dropped
	Connections int           // open, or being opened
}

func (c *Counts) add(other Counts) {
	c.At = other.At
	c.InFlight += other.InFlight
	c.InFlightFor += other.InFlightFor
	c.Outstanding += other.Outstanding
	c.Connections += other.Connections
}
