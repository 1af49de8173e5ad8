package loadgen

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestConcurrencyStaysAtWhatIsWanted(t *testing.T) {
	var c concurrency
	claim := func(want int) {
		t.Helper()
		n := 0
		for {
			if _, ok := c.claim(); !ok {
				break
			}
			n++
		}
		if n != want {
			t.Errorf("%d requests begin, want %d", n, want)
		}
	}
	retire := func(all bool, want int) {
		t.Helper()
		n := 0
		for n <= 100 && c.retire(all) {
			if n++; n == want && all {
				break // there are no more to ask
			}
		}
		if n != want {
			t.Errorf("%d requests end, want %d", n, want)
		}
	}
	claim(0)
	c.set(3, false)
	claim(3)
	retire(false, 0)
	c.set(1, false)
	retire(false, 2)
	c.pause()
	retire(false, 1)
	c.set(5, true)
	claim(0)
	c.resume()
	claim(5)
	retire(true, 5)
}

func TestASignalIsRaisedOnce(t *testing.T) {
	s := newSignal()
	var first atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if s.raise() {
				first.Add(1)
			}
			<-s.raised
		})
	}
	all.Wait()
	if first.Load() != 1 || !s.isRaised() {
		t.Errorf("raised by %d, want 1", first.Load())
	}
}
