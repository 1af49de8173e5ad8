package integration

import (
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// underFault is a gateway in front of a service with a fault.
type underFault struct {
	fault    string // its query
	setting  string // of the gateway; empty means its defaults
	service  string
	path     string
	tries    int
	parallel int // clients; with one, the seed fixes which request meets the fault
	lost     [2]int
	refused  [2]int
	also     func(t *testing.T, door, service *testkit.Process)
}

// outcomes are what became of requests.
type outcomes struct{ lost, refused, served atomic.Int64 }

func (o *outcomes) ask(client *http.Client, url string) (served bool) {
	response, err := client.Get(url)
	if err != nil {
		o.lost.Add(1)
		return false
	}
	defer response.Body.Close()
	switch _, err := io.Copy(io.Discard, response.Body); {
	case err == nil && response.StatusCode == http.StatusOK:
		o.served.Add(1)
		return true
	case response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != "":
		o.refused.Add(1)
	default:
		o.lost.Add(1)
	}
	return false
}

// TestGatewayUnderInjectedFaults produces the table "Injected faults" of
// docs/reliability.md: run it with -v.
func TestGatewayUnderInjectedFaults(t *testing.T) {
	if os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("takes some seconds: set LAB_REQUIRE=1")
	}
	const waits, computes = "/io/wait?ms=1", "/cpu/spin?ms=2"
	for _, row := range []underFault{
		{fault: "kind=latency&distribution=lognormal&value=50&deviation=40&max=500&seed=4", service: "iobound", path: waits, tries: 200, parallel: 20, also: latencyIsWait},
		{fault: "kind=errors&value=0.1&seed=4", service: "iobound", path: waits, tries: 200, parallel: 1, lost: [2]int{10, 30}},
		{fault: "kind=errors&value=0.1&statuses=502,503&seed=4", service: "iobound", path: waits, tries: 200, parallel: 1, lost: [2]int{0, 6}},
		{fault: "kind=errors&value=1&statuses=503&seed=4", setting: "BREAKER_OPEN=1s", service: "iobound", path: waits, tries: 200, parallel: 1, lost: [2]int{1, 40}, refused: [2]int{160, 199}},
		{fault: "kind=errors&value=1&statuses=503&on=30ms&off=300ms&seed=4", setting: "RETRY_MAX=3 RETRY_BACKOFF=100ms", service: "iobound", path: waits, tries: 200, parallel: 1, lost: [2]int{0, 60}, refused: [2]int{0, 200}},
		{fault: "kind=drop&value=0.1&seed=4", service: "iobound", path: waits, tries: 200, parallel: 1, lost: [2]int{0, 6}},
		{fault: "kind=reset&value=0.1&seed=4", service: "iobound", path: waits, tries: 200, parallel: 1, lost: [2]int{0, 6}},
		{fault: "kind=truncate&value=100&share=0.1&seed=4", service: "iobound", path: waits, tries: 200, parallel: 1, lost: [2]int{0, 6}},
		{fault: "kind=slow_body&value=2000&seed=4", service: "iobound", path: waits, tries: 200, parallel: 50},
		{fault: "kind=cpu&value=0.5", service: "cpubound", path: computes, tries: 100, parallel: 4, also: stolenIsQueue},
		{fault: "kind=stall&duration=1s", service: "iobound", path: waits, tries: 200, parallel: 20},
		{fault: "kind=not_ready", service: "iobound", path: waits, tries: 200, parallel: 1},
		{fault: "kind=drop&value=1&seed=4", setting: "BREAKER_OPEN=1s", service: "iobound", path: waits, tries: 200, parallel: 1, lost: [2]int{1, 40}, refused: [2]int{160, 199}},
	} {
		t.Run(row.fault, func(t *testing.T) { row.run(t) })
	}
}

func (u *underFault) run(t *testing.T) {
	service := testkit.Start(t, u.service)
	upstream := map[string]string{"iobound": "IOBOUND_URL", "cpubound": "CPUBOUND_URL"}[u.service]
	door := testkit.Start(t, "gateway", append(strings.Fields(u.setting), upstream+"="+service.URL)...)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: u.parallel}, Timeout: time.Minute}
	t.Cleanup(client.CloseIdleConnections)

	control(t, http.MethodPut, service.AdminURL+"/fault?"+u.fault)
	var during outcomes
	var clients sync.WaitGroup
	for range u.parallel {
		clients.Go(func() {
			for range u.tries / u.parallel {
				during.ask(client, door.URL+u.path)
			}
		})
	}
	clients.Wait()
	control(t, http.MethodDelete, service.AdminURL+"/fault")
	recovered := recovery(t, client, door.URL+u.path)

	lost, refused := int(during.lost.Load()), int(during.refused.Load())
	t.Logf("| `%s` | %d | %d | %d | %v |", strings.TrimSpace(u.fault+" "+u.setting), u.tries, lost, refused, recovered)
	if lost < u.lost[0] || lost > u.lost[1] {
		t.Errorf("%d of %d requests were lost, want %d to %d", lost, u.tries, u.lost[0], u.lost[1])
	}
	if refused < u.refused[0] || refused > u.refused[1] {
		t.Errorf("%d of %d requests were refused, want %d to %d", refused, u.tries, u.refused[0], u.refused[1])
	}
	if u.also != nil {
		u.also(t, door, service)
	}
}

// recovery is the time from the end of the fault to the last request that fails.
func recovery(t *testing.T, client *http.Client, url string) (recovered time.Duration) {
	t.Helper()
	const enough = 20 // successes, one after the other
	var after outcomes
	ended := time.Now()
	for successes := 0; successes < enough; {
		if after.ask(client, url) {
			successes++
			continue
		}
		successes, recovered = 0, time.Since(ended)
		if recovered > 30*time.Second {
			t.Fatal("the gateway does not recover")
		}
		time.Sleep(10 * time.Millisecond)
	}
	return recovered.Round(10 * time.Millisecond)
}

func control(t *testing.T, method, url string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(response.Body)
		t.Fatalf("%s %s: %s %s", method, url, response.Status, text)
	}
}

// spent is where the time of all requests at the process went.
func spent(t *testing.T, p *testkit.Process, part string) float64 {
	t.Helper()
	return testkit.Metrics(t, p.AdminURL+"/metrics").Sum("lab_work_seconds_total", testkit.Labels{"part": part})
}

// latencyIsWait checks that what the service waited is the gateway's wait too, and
// not its queue.
func latencyIsWait(t *testing.T, door, service *testkit.Process) {
	at, behind := spent(t, door, "wait"), spent(t, service, "wait")
	if behind < 200*0.02 || at < 0.95*behind {
		t.Errorf("wait of %v s at the gateway, %v s at the service", at, behind)
	}
}

// stolenIsQueue checks that requests queued for the core that the threads had.
func stolenIsQueue(t *testing.T, _, service *testkit.Process) {
	queue, cpu := spent(t, service, "queue"), spent(t, service, "cpu")
	taken := testkit.Metrics(t, service.AdminURL+"/metrics").Sum("lab_fault_cpu_seconds_total", nil)
	if taken == 0 || queue < cpu {
		t.Errorf("%v s of CPU time were taken; requests computed for %v s and queued for %v s", taken, cpu, queue)
	}
}
