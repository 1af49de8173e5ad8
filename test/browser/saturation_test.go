//go:build unix

package browser

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// TestSaturation loads the one core of cpubound with half as much again as it
// can serve, through the gateway.
func TestSaturation(t *testing.T) {
	if os.Getenv("LAB_BROWSER") != "1" && os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("runs a lab and Chromium for a minute: set LAB_BROWSER=1")
	}
	testkit.Require(t, "chromium")
	gateway := freePort(t)
	lab, address := startLab(t, fmt.Sprintf("GATEWAY_PORT=%d", gateway),
		fmt.Sprintf("LOADGEN_TARGETS=GET http://127.0.0.1:%d/cpu/spin?ms=10", gateway), "LOADGEN_RATE=150", "LOADGEN_DURATION=10m")
	c := &console{url: address}
	c.look(t)
	t.Run("queue", c.namesTheQueue)
	t.Run("silent", func(t *testing.T) { c.saysWhoIsSilent(t, lab) })
}

// freePort finds a port for the gateway, whose admin port is 1000 above.
func freePort(t *testing.T) int {
	t.Helper()
	for range 20 {
		var config net.ListenConfig
		listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatalf("find a free port: %v", err)
		}
		defer listener.Close()
		port := listener.Addr().(*net.TCPAddr).Port
		admin, err := config.Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", port+1000))
		if err != nil {
			continue
		}
		defer admin.Close()
		return port
	}
	t.Fatal("no two ports are free, one 1000 above the other")
	return 0
}

// sentence is the expression of what is said of the CPU path.
const sentence = `document.querySelector('.flow-card[data-path="cpu"] .flow-sentence').textContent`

// untrue is what may never be said of a service that is full or silent.
var untrue = regexp.MustCompile(`hardly asked|idle|to spare|hardly any`)

func (c *console) namesTheQueue(t *testing.T) {
	p := c.page(t)
	p.show("#/flow")
	p.until("the queue has grown", sentence+`.includes('queue')`)
	t.Log(evaluate[string](p, sentence))
	for range 15 { // several refreshes
		time.Sleep(time.Second)
		if said := evaluate[string](p, sentence); !strings.Contains(said, "queue") || untrue.MatchString(said) {
			t.Fatalf("of a service with more requests than it can serve it says %q", said)
		}
	}
	t.Log(evaluate[string](p, sentence))
	p.holdsItsContent()
}

// saysWhoIsSilent stops cpubound, which then answers neither requests nor
// Prometheus, and lets it go on.
func (c *console) saysWhoIsSilent(t *testing.T, lab *testkit.Process) {
	ready := regexp.MustCompile(`(?m)^cpubound +\| ready after \S+, process (\d+)$`).FindStringSubmatch(lab.Stdout())
	if ready == nil {
		t.Fatalf("the lab does not say which process cpubound is:\n%s", lab.Stdout())
	}
	pid, err := strconv.Atoi(ready[1])
	if err != nil {
		t.Fatal(err)
	}
	signal := func(s syscall.Signal) {
		if err := syscall.Kill(pid, s); err != nil {
			t.Errorf("send %v to cpubound: %v", s, err)
		}
	}
	flow, watch := c.page(t), newPage(t, c.browser, c.url, wideWidth, tall)
	flow.show("#/flow")
	watch.show("#/watch/io-vs-cpu?range=5m")
	cpu, io := warning("CPU: asked and served"), warning("IO: asked and served")
	watch.until("the charts are drawn, and all services answer", cpu+` === '' && document.querySelectorAll('.tab-watch canvas').length > 3`)

	signal(syscall.SIGSTOP)
	defer signal(syscall.SIGCONT) // once more does no harm
	const silent = "cpubound does not answer Prometheus."
	flow.until("the sentence says so", sentence+`.includes('`+silent+`')`)
	watch.until("the panel says so, with what others know", cpu+`.includes('`+silent+`') && `+cpu+`.includes('calls to it complete at') && `+cpu+`.includes('the generator requests')`)
	t.Log(evaluate[string](flow, sentence))
	if said := evaluate[string](watch, io); said != "" {
		t.Errorf("the panel of iobound says %q", said)
	}
	for range 8 { // until no earlier request is in the window of the rates
		time.Sleep(2 * time.Second)
		if said := evaluate[string](flow, sentence); !strings.Contains(said, silent) || untrue.MatchString(said) {
			t.Fatalf("of a silent service it says %q", said)
		}
	}
	t.Log(evaluate[string](flow, sentence))
	watch.holdsItsContent()

	signal(syscall.SIGCONT)
	flow.until("the sentence is of a service that answers", `!`+sentence+`.includes('`+silent+`')`)
	watch.until("so is the panel", cpu+` === ''`)
}

// warning is the expression of what a panel says of its silent services.
func warning(panel string) string {
	return `[...document.querySelectorAll('.tab-watch .panel')].find((panel) => panel.querySelector('h3').textContent === '` + panel + `').querySelector('.panel-silent').textContent`
}
