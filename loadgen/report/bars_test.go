package report

import (
	"testing"
	"time"
	"unicode/utf8"

	"loadlab/loadgen/record"
)

func distribution(values ...time.Duration) Times {
	h := record.NewHDR()
	for _, v := range values {
		if err := h.RecordValue(int64(v)); err != nil {
			panic(err)
		}
	}
	return NewTimes(h, 0)
}

func TestBarsHoldEveryDuration(t *testing.T) {
	spread := make([]time.Duration, 1000)
	for i := range spread {
		spread[i] = time.Duration(i+1) * 100 * time.Microsecond
	}
	outlier := append([]time.Duration{14 * time.Minute}, spread...)
	same := make([]time.Duration, 50)
	for i := range same {
		same[i] = 3 * time.Millisecond
	}
	for _, row := range []struct {
		name   string
		values []time.Duration
	}{{"one", []time.Duration{time.Millisecond}}, {"the shortest", []time.Duration{0, 1}}, {"the same", same}, {"spread", spread}, {"an outlier", outlier}, {"the longest", []time.Duration{time.Duration(record.NewHDR().HighestTrackableValue()), time.Microsecond}}} {
		for _, n := range []int{2, 8, 10} {
			bars := distribution(row.values...).Bars(n)
			sum := uint64(0)
			for i, b := range bars {
				sum += b.Count
				if i > 0 && b.To <= bars[i-1].To {
					t.Errorf("%s: %v is after %v", row.name, b.To, bars[i-1].To)
				}
				if width := utf8.RuneCountInString(b.Line(MostOf(bars), 40)); width > 40 {
					t.Errorf("%s: %d columns", row.name, width)
				}
			}
			if sum != uint64(len(row.values)) || len(bars) == 0 || len(bars) > n || bars[0].Count == 0 || bars[len(bars)-1].Count == 0 {
				t.Errorf("%s in %d: %v", row.name, n, bars)
			}
		}
	}
	if bars := distribution().Bars(8); bars != nil {
		t.Errorf("nothing has the bars %v", bars)
	}
}

func TestBarsEndAtRoundDurations(t *testing.T) {
	bars := distribution(11*time.Millisecond, 12*time.Millisecond, 29*time.Millisecond, 31*time.Millisecond).Bars(8)
	for _, b := range bars[:len(bars)-1] {
		if b.To%(2*time.Millisecond) != 0 && b.To%(5*time.Millisecond) != 0 {
			t.Errorf("%v is not round", b.To)
		}
	}
	want := "<= 15ms               2 ###########"
	if got := (Bar{15 * time.Millisecond, 2}).Line(2, 35); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
