package workmeter_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"loadlab/internal/workmeter"
)

// burn uses up d of CPU time as the meter sees it.
func burn(m *workmeter.Meter, d time.Duration) {
	for until := m.CPU() + d; m.CPU() < until; {
	}
}

func TestPartsSumToWall(t *testing.T) {
	m := workmeter.StartReceived(0)
	burn(m, 5*time.Millisecond)
	if err := m.Sleep(t.Context(), 10*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	_ = m.Queue(func() error { time.Sleep(15 * time.Millisecond); return nil })
	burn(m, 5*time.Millisecond)
	got := m.Stop()

	if got.CPU+got.Wait+got.Queue != got.Wall {
		t.Errorf("parts do not sum to the wall time: %+v", got)
	}
	if got.CPU < 10*time.Millisecond || got.CPU > 15*time.Millisecond {
		t.Errorf("cpu %v, burned 10ms", got.CPU)
	}
	if got.Wait != 10*time.Millisecond {
		t.Errorf("wait %v, asked for 10ms", got.Wait)
	}
	if got.Queue < 15*time.Millisecond {
		t.Errorf("queue %v, waited 15ms for a slot", got.Queue)
	}
}

func TestStopFreezesTheSplit(t *testing.T) {
	m := workmeter.StartReceived(0)
	burn(m, time.Millisecond)
	first := m.Stop()
	if got := m.CPU(); got != first.CPU {
		t.Errorf("cpu went from %v to %v after Stop", first.CPU, got)
	}
	if err := m.Wait("disk", func() error { return nil }); !errors.Is(err, workmeter.ErrStopped) {
		t.Errorf("wait after Stop: %v", err)
	}
}

func TestOtherThreadsWorkIsNotCounted(t *testing.T) {
	var stop atomic.Bool
	var others sync.WaitGroup
	for range 4 {
		others.Go(func() {
			for !stop.Load() {
			}
		})
	}
	m := workmeter.StartReceived(0)
	burn(m, 20*time.Millisecond)
	got := m.Stop()
	stop.Store(true)
	others.Wait()
	if got.CPU > 22*time.Millisecond {
		t.Errorf("cpu %v, burned 20ms next to busy goroutines", got.CPU)
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	gone := errors.New("client went away")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	m := workmeter.StartReceived(0)
	defer m.Stop()
	if err := m.Sleep(ctx, time.Hour); !errors.Is(err, gone) {
		t.Errorf("got %v, want the context's cause", err)
	}
	if wait := m.Read().Wait; wait > time.Minute {
		t.Errorf("wait %v after an early end", wait)
	}
}

// A proxy reads the split while it waits, from whatever thread it is on then.
func TestReadInsideAWait(t *testing.T) {
	m := workmeter.StartReceived(0)
	burn(m, 2*time.Millisecond)
	var inside workmeter.Split
	_ = m.Wait("call", func() error {
		time.Sleep(10 * time.Millisecond)
		_ = m.Wait("within", func() error { time.Sleep(10 * time.Millisecond); return nil })
		inside = m.Read()
		return nil
	})
	got := m.Stop()
	if inside.CPU < 2*time.Millisecond || inside.CPU > got.CPU || inside.Wait < 20*time.Millisecond || inside.Wait > got.Wait {
		t.Errorf("inside the wait %+v, in the end %+v", inside, got)
	}
	if got.Wait > got.Wall-got.CPU {
		t.Errorf("a wait inside a wait was counted twice: %+v", got)
	}
}

func TestPanicInsideAWait(t *testing.T) {
	m := workmeter.StartReceived(0)
	func() {
		defer func() { _ = recover() }()
		_ = m.Wait("call", func() error { panic("broken") })
	}()
	burn(m, time.Millisecond)
	if got := m.Stop(); got.CPU < time.Millisecond || got.CPU+got.Wait+got.Queue != got.Wall {
		t.Errorf("split %+v", got)
	}
}

func TestObserverSeesWaits(t *testing.T) {
	m := workmeter.StartReceived(0)
	defer m.Stop()
	var seen []string
	m.Observe(func(what string, _ time.Duration) { seen = append(seen, what) })
	_ = m.Block(time.Millisecond)
	_ = m.Queue(func() error { return nil })
	_ = m.Wait("disk", func() error { return nil })
	if len(seen) != 2 || seen[0] != "timer" || seen[1] != "disk" {
		t.Errorf("observed %v, want timer and disk", seen)
	}
}

func BenchmarkMeter(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		m := workmeter.StartReceived(0)
		m.Stop()
	}
}
