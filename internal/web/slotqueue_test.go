package web_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"loadlab/internal/testkit"
	"loadlab/internal/web"
)

// The defaults of COMPUTE_QUEUE_TARGET and COMPUTE_QUEUE_BURST.
const (
	target = 1500 * time.Millisecond
	burst  = 480
)

// line is a queue for slots, and what became of those who stood in it.
type line struct {
	slots *web.Slots
	began time.Time
	all   sync.WaitGroup
	mu    sync.Mutex
	ends  []end
}

// end is when a request came, got its slot or was refused, in time since the start of the test.
type end struct {
	came, decided time.Duration
	refused       bool
}

func newLine(t *testing.T, slots web.SlotCount, bounds web.QueueBounds) *line {
	t.Helper()
	return &line{slots: newSlots(t, slots, bounds), began: time.Now()}
}

// ask computes for work in a slot. Computing is a sleep, so that synctest's clock passes over it.
func (l *line) ask(work time.Duration) {
	came := time.Since(l.began)
	var err error
	if !l.slots.TryEnter() {
		err = l.slots.Enter(context.Background())
	}
	decided := time.Since(l.began)
	if err == nil {
		time.Sleep(work)
		l.slots.Leave()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ends = append(l.ends, end{came, decided, err != nil})
}

// open sends a request every interval for d.
func (l *line) open(interval, work, d time.Duration) {
	for from := time.Now(); time.Since(from) < d; time.Sleep(interval) {
		l.all.Go(func() { l.ask(work) })
	}
}

// closed has clients that ask again whenever they are answered, for d.
func (l *line) closed(clients int, work, d time.Duration) {
	until := time.Now().Add(d)
	for range clients {
		l.all.Go(func() {
			for time.Now().Before(until) {
				l.ask(work)
			}
		})
	}
}

// batch sends count requests, one every interval.
func (l *line) batch(count int, interval, work time.Duration) {
	for range count {
		l.all.Go(func() { l.ask(work) })
		time.Sleep(interval)
	}
}

// between counts those who were decided on in that time.
func (l *line) between(from, to time.Duration) (served, refused int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.ends {
		switch {
		case e.decided < from || e.decided >= to:
		case e.refused:
			refused++
		default:
			served++
		}
	}
	return served, refused
}

// Outside overload requests wait for as long as they have to.
func TestWhatIsNoOverloadIsServedWhole(t *testing.T) {
	for _, row := range []struct {
		name string
		load func(*line)
	}{
		{"a batch", func(l *line) { l.batch(100, 0, 200*time.Millisecond) }},
		{"a batch that takes half a second to arrive", func(l *line) { l.batch(100, 5*time.Millisecond, 200*time.Millisecond) }},
		{"as many as the burst", func(l *line) { l.batch(burst+1, 0, 10*time.Millisecond) }}, // one of them computes
		{"a closed loop", func(l *line) { l.closed(250, 10*time.Millisecond, 10*time.Second) }},
		{"a batch that meets a closed loop", func(l *line) {
			l.closed(250, 10*time.Millisecond, 10*time.Second)
			time.Sleep(5 * time.Second)
			l.batch(200, 0, 10*time.Millisecond)
		}},
		// The tour's phase climb has such a peak.
		{"an open loop at 1.3 times the capacity", func(l *line) { l.open(7700*time.Microsecond, 10*time.Millisecond, 15*time.Second) }},
		{"an open loop of long computations", func(l *line) { l.open(150*time.Millisecond, 200*time.Millisecond, 20*time.Second) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLine(t, 1, web.QueueBounds{Target: target, Burst: burst})
				row.load(l)
				l.all.Wait()
				served, refused := l.between(0, time.Hour)
				longest := time.Duration(0)
				for _, e := range l.ends {
					longest = max(longest, e.decided-e.came)
				}
				if refused > 0 || longest <= target {
					t.Errorf("%d were served, %d refused, and waited for at most %v; want a longer queue than the target", served, refused, longest)
				}
			})
		})
	}
}

// At ten times the capacity the slots never idle, no request that is served has waited
// for longer than the target, and none is refused before it has waited for that.
func TestAnOverloadBoundsTheWait(t *testing.T) {
	for _, row := range []struct {
		slots web.SlotCount
		work  time.Duration
	}{{1, 10 * time.Millisecond}, {1, 200 * time.Millisecond}, {2, 50 * time.Millisecond}, {2, 500 * time.Millisecond}} {
		synctest.Test(t, func(t *testing.T) {
			const length = 6 * time.Second
			l := newLine(t, row.slots, web.QueueBounds{Target: target, Burst: burst})
			l.open(row.work/time.Duration(row.slots)/10, row.work, length)
			l.all.Wait()
			for _, e := range l.ends {
				if waited := e.decided - e.came; waited > target || e.refused && waited < target {
					t.Fatalf("a request waited for %v; refused: %v", waited, e.refused)
				}
			}
			served, refused := l.between(0, length)
			if able := int(row.slots) * int(length/row.work); served < able || refused == 0 {
				t.Errorf("%d slots served %d of %v and refused %d, want %d served", row.slots, served, row.work, refused, able)
			}
			if after := time.Since(l.began) - length; after > target+row.work {
				t.Errorf("the queue of %v was gone %v after the load", row.work, after)
			}
		})
	}
}

// Refused clients without a pause come back as fast as they are refused, which is after
// the target: the slots stay busy, and fewer are refused than served.
func TestAClosedLoopThatMeetsAnOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const work, settled, until = 10 * time.Millisecond, 6 * time.Second, 16 * time.Second
		l := newLine(t, 1, web.QueueBounds{Target: target, Burst: burst})
		l.all.Go(func() { l.open(time.Millisecond, work, 4*time.Second) })
		time.Sleep(3 * time.Second)
		l.closed(250, work, until-3*time.Second)
		l.all.Wait()
		served, refused := l.between(settled, until)
		if able := int((until - settled) / work); served < able-1 || refused >= served {
			t.Errorf("of a closed loop after an overload %d were served and %d refused; want %d served, and fewer refused", served, refused, able)
		}
	})
}

// An overload is over when a short queue has refused none for a while, though it never was empty.
func TestAnOverloadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const work = 10 * time.Millisecond
		l := newLine(t, 1, web.QueueBounds{Target: target, Burst: burst})
		l.closed(100, work, 15*time.Second)
		l.open(time.Millisecond, work, 3*time.Second)
		if _, refused := l.between(0, time.Hour); refused == 0 {
			t.Error("none was refused in the overload")
		}
		time.Sleep(3 * target)
		later := time.Since(l.began)
		l.batch(300, 0, work)
		l.all.Wait()
		if _, refused := l.between(later, time.Hour); refused > 0 {
			t.Errorf("%d were refused after the overload", refused)
		}
	})
}

// Nothing is remembered of a queue that has ended.
func TestABatchRightAfterAnOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const work = 10 * time.Millisecond
		l := newLine(t, 1, web.QueueBounds{Target: target, Burst: burst})
		l.open(time.Millisecond, work, 3*time.Second)
		l.all.Wait()
		later := time.Since(l.began)
		l.batch(300, 0, work)
		l.all.Wait()
		if served, refused := l.between(later, time.Hour); served != 300 {
			t.Errorf("of the batch %d were served and %d refused", served, refused)
		}
	})
}

// The clients of a door in front of the service, which lets in so many, look like a
// closed loop. Only their number shows the overload.
func TestAnOverloadBehindADoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const work, length = 10 * time.Millisecond, 10 * time.Second
		l := newLine(t, 1, web.QueueBounds{Target: target, Burst: burst})
		l.closed(512, work, length)
		l.all.Wait()
		for _, e := range l.ends {
			if waited := e.decided - e.came; waited > target {
				t.Fatalf("a request waited for %v", waited)
			}
		}
		if served, _ := l.between(0, length); served < int(length/work) {
			t.Errorf("%d were served in %v", served, length)
		}
	})
}

// A target of zero is none, whatever waits.
func TestTheQueueMayBeUnbounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newQueueing(t, 1, web.QueueBounds{Burst: 1})
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if reply := c.get("/t/compute"); reply.Code != http.StatusOK {
					t.Errorf("status %d", reply.Code)
				}
			})
		}
		time.Sleep(target)
		if got := testkit.Gather(t, c.Telemetry().Registry).Sum("lab_compute_queue_overloaded", nil); got != 0 {
			t.Error("an unbounded queue is called overloaded")
		}
		all.Wait()
	})
}

// Clients that give up are no refusals, get no slot, and do not hide an overload.
func TestClientsThatGiveUpInAnOverload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const work, interval, length = 200 * time.Millisecond, 40 * time.Millisecond, 6 * time.Second
		l := newLine(t, 1, web.QueueBounds{Target: target, Burst: burst})
		l.all.Go(func() { l.open(interval, work, length) })
		time.Sleep(interval / 2)
		for range int(length / interval) {
			l.all.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), time.Second)
				defer cancel()
				switch err := l.slots.Enter(ctx); {
				case err == nil:
					time.Sleep(work)
					l.slots.Leave()
				case !errors.Is(err, context.DeadlineExceeded):
					t.Errorf("a client that gave up got %v", err)
				}
			})
			time.Sleep(interval)
		}
		l.all.Wait()
		for _, e := range l.ends {
			if waited := e.decided - e.came; waited > target {
				t.Fatalf("a request waited for %v", waited)
			}
		}
		if !l.slots.TryEnter() {
			t.Error("the slot is not free")
		}
	})
}

// What a client sees, and what is counted.
func TestAQueueTimeoutIsARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newQueueing(t, 1, web.QueueBounds{Target: target, Burst: 2})
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				began := time.Now()
				reply := c.get("/t/compute")
				if reply.Code == http.StatusOK {
					return
				}
				if took := time.Since(began); reply.Code != http.StatusServiceUnavailable || took != target || reply.Header().Get("Retry-After") != "2" {
					t.Errorf("status %d after %v, Retry-After %q", reply.Code, took, reply.Header().Get("Retry-After"))
				}
				if detail := problemOf(t, reply).Detail; !strings.Contains(detail, "waited for a compute slot for 1.5 s") {
					t.Errorf("detail %q", detail)
				}
			})
		}
		time.Sleep(target / 2)
		during := testkit.Gather(t, c.Telemetry().Registry)
		for name, want := range map[string]float64{
			"lab_compute_waiting_requests": 4, "lab_compute_queue_overloaded": 1,
			"lab_compute_queue_burst_requests": 2, "lab_compute_queue_target_seconds": 1.5,
		} {
			if got := during.Sum(name, nil); got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		all.Wait()
		time.Sleep(target)
		after := testkit.Gather(t, c.Telemetry().Registry)
		if got := after.Sum("lab_shed_requests_total", testkit.Labels{"http_route": "/t/compute", "reason": "queue_timeout"}); got != 3 {
			t.Errorf("%v are counted as refused, want the 3 that waited for 1.5 s", got)
		}
		if waiting, overloaded := after.Sum("lab_compute_waiting_requests", nil), after.Sum("lab_compute_queue_overloaded", nil); waiting != 0 || overloaded != 0 {
			t.Errorf("afterwards %v wait, overloaded %v", waiting, overloaded)
		}
	})
}

// A request that has begun is not refused when it comes back from a wait.
func TestWorkThatHasBegunIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newQueueing(t, 1, web.QueueBounds{Target: target, Burst: 1})
		replies := make(chan int, 1)
		go func() { replies <- c.get("/t/both").Code }() // computes from 0 to 1 s, waits until 2 s
		time.Sleep(900 * time.Millisecond)
		var others sync.WaitGroup
		defer others.Wait()
		for range 3 { // it waits for two of them, from 2 to 4 s
			others.Go(func() { c.get("/t/compute") })
			time.Sleep(500 * time.Millisecond)
		}
		if status := <-replies; status != http.StatusOK || c.most.Load() != 1 {
			t.Errorf("a request that had computed for a second is answered %d, with %d at once in one slot", status, c.most.Load())
		}
	})
}

// Waits overlap, however many there are, so the bounds do not concern them.
func TestWaitsAreNotLimitedBySlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newQueueing(t, 1, web.QueueBounds{Target: time.Millisecond, Burst: 1})
		began := time.Now()
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				if reply := c.get("/t/wait?ms=5000"); reply.Code != http.StatusOK {
					t.Errorf("one of a thousand waits is answered %d", reply.Code)
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("a thousand waits of 5 s took %v", took)
		}
	})
}
