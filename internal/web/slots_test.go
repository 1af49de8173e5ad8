package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"loadlab/internal/env"
	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

// newSlots gives GOMAXPROCS back at the end of the test.
func newSlots(t *testing.T, n web.SlotCount, bounds web.QueueBounds) *web.Slots {
	t.Helper()
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	return web.NewSlots(n, bounds, "")
}

// crowded serves /t/compute, which computes for a second unless ms is given, and /t/both, which
// waits for a second between two computations of one. Computing is a sleep
// here, so that synctest's clock passes over it.
type crowded struct {
	*surface
	computing, most atomic.Int64
	order           chan string
}

func newCrowded(t *testing.T, n web.SlotCount) *crowded { return newQueueing(t, n, web.QueueBounds{}) }

// newQueueing is newCrowded with bounds of the queue.
func newQueueing(t *testing.T, n web.SlotCount, bounds web.QueueBounds) *crowded {
	t.Helper()
	c := &crowded{order: make(chan string, 100)}
	compute := func(length time.Duration) {
		now := c.computing.Add(1)
		for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
		}
		time.Sleep(length)
		c.computing.Add(-1)
	}
	c.surface = newSurface(t, defaults(), telemetry.Config{}, func(s *web.Server) {
		s.ComputeIn(newSlots(t, n, bounds))
		s.Work("/t/compute", func(in *input.Reader) web.Do {
			name, length := in.Text("name", "", 9), in.Millis("ms", time.Second, 0, time.Minute)
			return func(context.Context, *workmeter.Meter) (any, error) {
				compute(length)
				c.order <- name
				return name, nil
			}
		})
		s.Work("/t/both", func(*input.Reader) web.Do {
			return func(ctx context.Context, m *workmeter.Meter) (any, error) {
				compute(time.Second)
				err := m.Sleep(ctx, time.Second)
				compute(time.Second)
				return nil, err
			}
		})
		s.Work("/t/panic", func(*input.Reader) web.Do {
			return func(context.Context, *workmeter.Meter) (any, error) { panic("broken") }
		})
	})
	return c
}

func TestComputationTakesTurnsInOrderOfArrival(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowded(t, 1)
		began := time.Now()
		for _, name := range []string{"a", "b", "c", "d"} {
			go c.get("/t/compute?name=" + name)
			synctest.Wait()
		}
		for _, want := range []string{"a", "b", "c", "d"} {
			if got := <-c.order; got != want {
				t.Errorf("%s came before %s", got, want)
			}
		}
		if took := time.Since(began); took != 4*time.Second || c.most.Load() != 1 {
			t.Errorf("four computations of a second took %v, %d at once", took, c.most.Load())
		}
	})
}

func TestSlotsAreHowManyComputeAtOnce(t *testing.T) {
	for _, row := range []struct {
		slots web.SlotCount
		took  time.Duration
	}{{1, 6 * time.Second}, {2, 3 * time.Second}, {3, 2 * time.Second}, {0, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			c := newCrowded(t, row.slots)
			began := time.Now()
			for range 6 {
				go c.get("/t/compute")
			}
			for range 6 {
				<-c.order
			}
			if took := time.Since(began); took != row.took {
				t.Errorf("six computations of a second in %d slots took %v, want %v", row.slots, took, row.took)
			}
		})
	}
}

// Two requests that compute, wait and compute again share one slot: while one
// waits the other computes. Time in line is queue, before the work and after a wait.
func TestAWaitGivesTheSlotBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowded(t, 1)
		began := time.Now()
		replies := make(chan web.Reply, 2)
		for range 2 {
			go func() { replies <- decode[web.Reply](t, c.get("/t/both").Body.Bytes()) }()
		}
		// A computing second is a sleep here, which no clock sees as CPU time: it is queue too.
		for _, queue := range []float64{2000, 3000} {
			if work := (<-replies).Work; work.Wait != 1000 || work.Queue < queue-1 || work.Queue > queue+1 {
				t.Errorf("split %+v, want a wait of 1 s and a queue of %v ms", work, queue)
			}
		}
		if took := time.Since(began); took != 4*time.Second || c.most.Load() != 1 {
			t.Errorf("took %v, %d at once", took, c.most.Load())
		}
	})
}

func TestSlotsAreGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowded(t, 1)
		if reply := c.get("/t/panic"); reply.Code != http.StatusInternalServerError {
			t.Errorf("a panic was answered %d", reply.Code)
		}
		go c.get("/t/compute")
		synctest.Wait()
		// This one's time budget ends in line.
		r := httptest.NewRequest(http.MethodGet, "/t/compute", http.NoBody)
		r.Header.Set(web.TimeoutHeader, "100")
		if reply := c.send(r); reply.Code != http.StatusGatewayTimeout {
			t.Errorf("a request whose budget ended in line was answered %d", reply.Code)
		}
		<-c.order
		if reply := c.get("/t/compute"); reply.Code != http.StatusOK {
			t.Errorf("after all that: %d", reply.Code)
		}
	})
}

// A client that sends its body slowly holds no slot meanwhile.
func TestASlowBodyHoldsNoSlot(t *testing.T) {
	c := newCrowded(t, 1)
	server := httptest.NewServer(c.handler)
	defer server.Close()
	body := &neverEnding{ended: make(chan struct{}), read: make(chan struct{}, 1)}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/t/compute", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	done := make(chan struct{})
	go func() {
		defer close(done)
		if reply, err := http.DefaultClient.Do(r); err == nil {
			reply.Body.Close()
		}
	}()
	<-body.read
	if reply := c.get("/t/probe"); reply.Code != http.StatusOK {
		t.Errorf("status %d", reply.Code)
	}
	close(body.ended)
	<-done
}

type neverEnding struct{ ended, read chan struct{} }

func (n *neverEnding) Read([]byte) (int, error) {
	select {
	case n.read <- struct{}{}:
	default:
	}
	<-n.ended
	return 0, http.ErrBodyReadAfterClose
}

func TestGoHasOneProcessorMoreThanSlots(t *testing.T) {
	for _, row := range []struct {
		name        string
		slots       web.SlotCount
		gomaxprocs  string
		count, cpus float64
		threads     int
	}{
		{"one slot", 1, "", 1, 1, 2},
		{"three slots", 3, "2", 3, 3, 4},
		{"GOMAXPROCS says how many cores", web.AutoSlots, "5", 5, 5, 6},
		{"and more if it is more", 2, "9", 2, 2, 9},
		{"no bound leaves it alone", 0, "3", 0, 4, 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := runtime.GOMAXPROCS(4)
			t.Cleanup(func() { runtime.GOMAXPROCS(before) })
			s := newSurface(t, defaults(), telemetry.Config{}, func(s *web.Server) { s.ComputeIn(web.NewSlots(row.slots, web.QueueBounds{}, row.gomaxprocs)) })
			got := testkit.Gather(t, s.Telemetry().Registry)
			if slots := got.Sum("lab_compute_slots", nil); slots != row.count {
				t.Errorf("%v slots, want %v", slots, row.count)
			}
			if cores := got.Sum("lab_compute_cores", nil); cores != row.cpus {
				t.Errorf("%v cores, want %v", cores, row.cpus)
			}
			if threads := runtime.GOMAXPROCS(0); threads != row.threads {
				t.Errorf("GOMAXPROCS is %d, want %d", threads, row.threads)
			}
		})
	}
}

func TestSlotCountIsChecked(t *testing.T) {
	for _, value := range []string{"many", "-1", "1025", "1.5"} {
		var cfg struct {
			Slots web.SlotCount `env:"COMPUTE_SLOTS" envDefault:"auto"`
		}
		err := env.Parse(func(string) string { return value }, &cfg)
		if err == nil || !strings.Contains(err.Error(), `COMPUTE_SLOTS="`+value+`": neither auto nor a whole number from 0 to 1024`) {
			t.Errorf("%s: %v", value, err)
		}
	}
}
