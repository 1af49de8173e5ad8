package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// A Bar is a part of a distribution.
type Bar struct {
	To    time.Duration // its upper end, which belongs to it
	Count uint64
}

// Bars divides a distribution at round durations into at most n bars, n at least 2, the first and the last of which are
// not empty. The last one has everything above the 99th percentile that the others do not reach.
func (t Times) Bars(n int) []Bar {
	if t.Count() == 0 {
		return nil
	}
	low, high := time.Duration(t.HDR.Min()), t.Quantile(.99)
	step := roundUp(max(1, (high-low)/time.Duration(n-1)))
	base := low.Truncate(step)
	bars := make([]Bar, n)
	for i := range bars {
		bars[i].To = base + time.Duration(i+1)*step
	}
	for _, b := range t.HDR.Distribution() {
		if b.Count > 0 {
			at := min(max(0, int((time.Duration(b.To)-base-1)/step)), n-1)
			bars[at].Count += uint64(b.Count)
		}
	}
	last := n - 1
	for bars[last].Count == 0 {
		last--
	}
	first := 0
	for bars[first].Count == 0 {
		first++
	}
	if last == n-1 {
		bars[last].To = max(t.Max(), bars[last].To)
	}
	return bars[first : last+1]
}

// roundUp is the least of 1, 2 and 5 times a power of ten that is not below d.
func roundUp(d time.Duration) time.Duration {
	power := time.Duration(math.Pow10(int(math.Floor(math.Log10(float64(d))))))
	for _, factor := range []time.Duration{1, 2, 5} {
		if factor*power >= d {
			return factor * power
		}
	}
	return 10 * power
}

// Line is the bar in a line of at most width columns, which are at least 30; most is the largest count of all bars.
func (b Bar) Line(most uint64, width int) string {
	label := fmt.Sprintf("<= %-9v %10d ", round(b.To), b.Count)
	room := max(1, width-len([]rune(label)))
	length := int(math.Ceil(float64(room) * float64(b.Count) / float64(max(1, most))))
	return strings.TrimRight(label+strings.Repeat("#", length), " ")
}

// MostOf is the largest count of the bars.
func MostOf(bars []Bar) uint64 {
	most := uint64(0)
	for _, b := range bars {
		most = max(most, b.Count)
	}
	return most
}

// Bars and columns of the histogram in the summary.
const (
	textBars  = 10
	textWidth = 80
)

func (r *Report) writeHistogram(w io.Writer) {
	bars := r.Response.Bars(textBars)
	if len(bars) == 0 {
		return
	}
	fmt.Fprintln(w, "\nresponse times, requests")
	for _, b := range bars {
		fmt.Fprintln(w, b.Line(MostOf(bars), textWidth))
	}
}
