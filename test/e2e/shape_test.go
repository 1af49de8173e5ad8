package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"
)

// parts are where a request's time went, in milliseconds.
type parts struct{ cpu, wait, queue float64 }

func (p parts) all() float64 { return p.cpu + p.wait + p.queue }

var timingPart = regexp.MustCompile(`(cpu|wait|queue);dur=([0-9.]+)`)

// together sends the requests at once. It returns how long all of them took,
// and the sum of where each says that its time went.
func together(t *testing.T, count int, url string) (wall time.Duration, sum parts) {
	t.Helper()
	var mu sync.Mutex
	var clients sync.WaitGroup
	began := time.Now()
	for range count {
		clients.Go(func() {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
			if err != nil {
				t.Error(err)
				return
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Error(err)
				return
			}
			_ = response.Body.Close() // the split is in the head
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s: %s", url, response.Status)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, match := range timingPart.FindAllStringSubmatch(response.Header.Get("Server-Timing"), -1) {
				ms, _ := strconv.ParseFloat(match[2], 64)
				*map[string]*float64{"cpu": &sum.cpu, "wait": &sum.wait, "queue": &sum.queue}[match[1]] += ms
			}
		})
	}
	clients.Wait()
	return time.Since(began), sum
}

// The lesson of the lab, in whichever way it was started: waits overlap, so that
// sixteen take as long as one; computations queue for the one core.
func TestWaitsOverlapAndComputationsQueue(t *testing.T) {
	base := gateway(t)
	calm(t)
	const atOnce, ms = 16, 60
	one := ms * time.Millisecond
	waited, waiting := together(t, atOnce, fmt.Sprintf("%s/io/wait?ms=%d", base, ms))
	computed, computing := together(t, atOnce, fmt.Sprintf("%s/cpu/spin?ms=%d", base, ms))
	t.Logf("%d waits: %v, %+v; %d computations: %v, %+v", atOnce, waited, waiting, atOnce, computed, computing)
	if waited > atOnce*one/3 {
		t.Errorf("%d waits of %v took %v together", atOnce, one, waited)
	}
	if waiting.wait < 0.7*waiting.all() {
		t.Errorf("of waits only %.0f ms of %.0f are wait", waiting.wait, waiting.all())
	}
	if computed < atOnce*one/2 {
		t.Errorf("%d computations of %v took only %v together", atOnce, one, computed)
	}
	if computing.queue < computing.cpu || computing.cpu < atOnce*ms/2 {
		t.Errorf("of computations %.0f ms are cpu, %.0f queue", computing.cpu, computing.queue)
	}
}
