package record

import (
	"math/bits"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Bounds of the histograms, in nanoseconds; a longer time is counted as longest.
const (
	shortest  = int64(250 * time.Nanosecond)
	longest   = int64(15 * time.Minute)
	precision = 3 // decimal digits
)

// NewHDR returns an empty HdrHistogram of nanoseconds with our bounds.
func NewHDR() *hdrhistogram.Histogram { return hdrhistogram.New(shortest, longest, precision) }

// Histogram counts durations with the buckets of NewHDR, at half its memory and
// without its checks, because every request is recorded in three of them. The
// zero value is empty. It has one writer.
//
// Index of a value v, in units of 128 ns: v itself below 2048; above, its top
// 11 bits after 1024 indexes for each bit more.
type Histogram struct {
	counts    []uint32
	low, high int // indexes that have counts, if total > 0
	total     uint64
	sum       int64
}

const (
	unitBits = 7  // 128 ns, the power of two below shortest
	topBits  = 11 // 2048 values, twice 10^precision rounded up
	half     = 1 << (topBits - 1)
)

func index(v int64) int {
	u := uint64(v) >> unitBits
	shift := max(0, bits.Len64(u)-topBits)
	return shift*half + int(u>>shift)
}

// valueAt is the middle of the values that share an index.
func valueAt(i int) int64 {
	shift := max(0, i/half-1)
	return (int64(i-shift*half)<<shift)<<unitBits + int64(1)<<(shift+unitBits-1)
}

// Record counts one duration; a negative one counts as none.
func (h *Histogram) Record(d time.Duration) {
	v := min(max(0, int64(d)), longest)
	if h.counts == nil {
		h.counts = make([]uint32, index(longest)+1)
	}
	i := index(v)
	if h.total == 0 {
		h.low, h.high = i, i
	}
	h.low, h.high = min(h.low, i), max(h.high, i)
	h.counts[i]++
	h.total++
	h.sum += v
}

// Total is the number of durations.
func (h *Histogram) Total() uint64 { return h.total }

// Sum is the exact sum of the durations.
func (h *Histogram) Sum() time.Duration { return time.Duration(h.sum) }

// Reset empties h and keeps its memory.
func (h *Histogram) Reset() {
	if h.total > 0 {
		clear(h.counts[h.low : h.high+1])
	}
	h.total, h.sum = 0, 0
}

// Each calls visit for every value with a count, in rising order.
func (h *Histogram) Each(visit func(value int64, count int64)) {
	if h.total == 0 {
		return
	}
	for i := h.low; i <= h.high; i++ {
		if n := h.counts[i]; n > 0 {
			visit(valueAt(i), int64(n))
		}
	}
}

// Quantile is the value below which the share q of the durations lies, 0 if there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	wanted := max(1, uint64(q*float64(h.total)+0.5))
	var seen uint64
	if h.total > 0 {
		for i := h.low; i <= h.high; i++ {
			if seen += uint64(h.counts[i]); seen >= wanted {
				return time.Duration(valueAt(i))
			}
		}
	}
	return 0
}

// Add counts everything in other too.
func (h *Histogram) Add(other *Histogram) {
	if other.total == 0 {
		return
	}
	if h.counts == nil {
		h.counts = make([]uint32, index(longest)+1)
	}
	if h.total == 0 {
		h.low, h.high = other.low, other.high
	}
	h.low, h.high = min(h.low, other.low), max(h.high, other.high)
	for i := other.low; i <= other.high; i++ {
		h.counts[i] += other.counts[i]
	}
	h.total += other.total
	h.sum += other.sum
}
