package outbound_test

import (
	"net/http"
	"testing"
	"time"

	"loadlab/internal/outbound"
	"loadlab/internal/workmeter"
)

func TestReadTiming(t *testing.T) {
	const ms = time.Millisecond
	for _, row := range []struct {
		name  string
		lines []string
		want  workmeter.Split
		ok    bool
	}{
		{"a service's own", []string{"cpu;dur=1.500, wait;dur=50.000, queue;dur=0.250, total;dur=51.750"},
			workmeter.Split{CPU: 1500 * time.Microsecond, Wait: 50 * ms, Queue: 250 * time.Microsecond, Wall: 51750 * time.Microsecond}, true},
		{"over several lines, with others and descriptions", []string{"cache;desc=hit, cpu;desc=x;dur=1", "wait;DUR=2,queue; dur = 3"},
			workmeter.Split{CPU: ms, Wait: 2 * ms, Queue: 3 * ms, Wall: 6 * ms}, true},
		{"with an entry", []string{"cpu;dur=1, wait;dur=2, queue;dur=3, total;dur=6, entry;dur=2"},
			workmeter.Split{CPU: ms, Wait: 2 * ms, Queue: 3 * ms, Wall: 6 * ms, Entry: 2 * ms, EntryKnown: true}, true},
		{"an entry that is more than the queue", []string{"cpu;dur=1, wait;dur=2, queue;dur=3, entry;dur=4"},
			workmeter.Split{CPU: ms, Wait: 2 * ms, Queue: 3 * ms, Wall: 6 * ms}, true},
		{"none", nil, workmeter.Split{}, false},
		{"a part missing", []string{"cpu;dur=1, wait;dur=2"}, workmeter.Split{}, false},
		{"a part twice", []string{"cpu;dur=1, wait;dur=2, queue;dur=3, cpu;dur=1"}, workmeter.Split{}, false},
		{"without a duration", []string{"cpu, wait;dur=2, queue;dur=3"}, workmeter.Split{}, false},
		{"below zero", []string{"cpu;dur=-1, wait;dur=2, queue;dur=3"}, workmeter.Split{}, false},
		{"not a number", []string{"cpu;dur=NaN, wait;dur=2, queue;dur=3"}, workmeter.Split{}, false},
		{"beyond belief", []string{"cpu;dur=1e30, wait;dur=2, queue;dur=3"}, workmeter.Split{}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, ok := outbound.ReadTiming(http.Header{"Server-Timing": row.lines})
			if got != row.want || ok != row.ok {
				t.Errorf("got %+v %v, want %+v %v", got, ok, row.want, row.ok)
			}
		})
	}
}

func FuzzReadTiming(f *testing.F) {
	f.Add("cpu;dur=1.500, wait;dur=50.000, queue;dur=0.250, total;dur=51.750")
	f.Add(`cpu;desc="a;b";dur="1",,;=`)
	f.Fuzz(func(t *testing.T, line string) {
		split, ok := outbound.ReadTiming(http.Header{"Server-Timing": {line}})
		if split.CPU < 0 || split.Wait < 0 || split.Queue < 0 || split.CPU+split.Wait+split.Queue != split.Wall || split.Entry < 0 || split.Entry > split.Queue || (!ok && split.Wall != 0) {
			t.Errorf("%q is read as %+v", line, split)
		}
	})
}
