package attack

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

// markup is text that becomes an element with a running script if a page takes it for markup.
const markup = `<img/src=x/onerror=window.attacked=1>`

// victim is a lab that runs, with the addresses of its listeners.
type victim struct {
	*testkit.Process
	gateway, otlp, console string
	guarded                map[string][]string // by the name of the listener in SECURITY.md
	admin                  map[string]string   // of each service
}

// TestAttacks shares one lab among all attacks.
func TestAttacks(t *testing.T) {
	if testing.Short() || os.Getenv("LAB_ATTACK") != "1" && os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("attacks a lab for half a minute: set LAB_ATTACK=1")
	}
	v := start(t)
	t.Run("slow", v.slow)
	t.Run("framing", v.framing)
	t.Run("paths", v.paths)
	t.Run("headers", v.headers)
	t.Run("addresses", v.addresses)
	t.Run("sizes", v.sizes)
	t.Run("guards", v.guards)
	t.Run("browser", v.browser)
	t.Run("everything still runs", v.unharmed)
}

// start runs a lab with a hostile result in its folder, and a hostile scenario.
func start(t *testing.T) *victim {
	t.Helper()
	v := &victim{guarded: map[string][]string{}, admin: map[string]string{}}
	var environment []string
	for _, name := range []string{"CONSOLE", "IOBOUND", "CPUBOUND", "MIXED", "ITEMS", "LOADGEN", "PROMETHEUS"} {
		environment = append(environment, name+"_PORT=0")
	}
	fixed := func(name string, port int) string {
		environment = append(environment, fmt.Sprintf("%s_PORT=%d", name, port))
		return fmt.Sprintf("127.0.0.1:%d", port)
	}
	v.gateway, v.otlp = fixed("GATEWAY", portWithAdmin(t)), fixed("OTLP", testkit.FreePort(t))
	traces := fixed("JAEGER", testkit.FreePort(t))
	data := t.TempDir()
	hostileResult(t, data)
	v.Process = testkit.Launch(t, "lab", nil, append(environment, "LAB_DATA="+data, "LOADGEN_RATE=3", "LOADGEN_DURATION=10m",
		"LOADGEN_SCENARIO="+v.hostileScenario(t))...)
	v.console = v.prints(t, `open http://(\S+)`)
	prometheus := v.prints(t, `http://(\S+)/api/v1 +Prometheus`)
	v.guarded["console"] = []string{v.console}
	v.guarded["Prometheus's API, without containers"] = []string{prometheus}
	v.guarded["trace store, without containers"] = []string{traces}
	v.guarded["OTLP, without containers"] = []string{v.otlp}
	for deadline := time.Now().Add(time.Minute); len(v.admin) < 6; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("scraped so far: %v", v.admin)
		}
		v.findTargets(t, prometheus)
	}
	v.guarded["admin, of the load generator"] = []string{v.admin["loadgen"]}
	delete(v.admin, "loadgen")
	for _, address := range v.admin {
		v.guarded["admin, of each service"] = append(v.guarded["admin, of each service"], address)
	}
	return v
}

// portWithAdmin is a free port for a service, whose admin listener is 1000 higher.
func portWithAdmin(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := testkit.FreePort(t)
		if listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+1000))); err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("no free port has another one 1000 above it")
	return 0
}

// findTargets notes the listeners that Prometheus has scraped.
func (v *victim) findTargets(t *testing.T, prometheus string) {
	t.Helper()
	_, body := testkit.Get(t, "http://"+prometheus+"/api/v1/targets")
	var reply struct {
		Data struct {
			ActiveTargets []struct {
				ScrapeURL, Health string
				Labels            map[string]string
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &reply); err != nil {
		t.Fatalf("%v: %.300s", err, body)
	}
	for _, target := range reply.Data.ActiveTargets {
		if u, err := url.Parse(target.ScrapeURL); err == nil && target.Health == "up" && target.Labels["job"] != "prometheus" {
			v.admin[target.Labels["job"]] = u.Host
		}
	}
}

// prints waits for what the lab prints.
func (v *victim) prints(t *testing.T, pattern string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if found := regexp.MustCompile(pattern).FindStringSubmatch(v.Stdout()); found != nil {
			return found[1]
		}
	}
	t.Fatalf("no %s in %s%s", pattern, v.Stdout(), v.Stderr())
	return ""
}

// addressesOf are those of every listener, by a name for messages.
func (v *victim) addressesOf() map[string]string {
	all := map[string]string{"gateway": v.gateway}
	for listener, addresses := range v.guarded {
		for i, address := range addresses {
			all[fmt.Sprintf("%s %d", listener, i)] = address
		}
	}
	return all
}

// unharmed checks that no process of the lab has ended, that each is alive, and
// that none has a fault, another log level, or another state of the run.
func (v *victim) unharmed(t *testing.T) {
	if strings.Contains(v.Stdout(), " ended after ") {
		t.Errorf("a process of the lab has ended:\n%s", v.Stdout())
	}
	for name, address := range v.admin {
		for path, want := range map[string]string{"/livez": "live", "/fault": `"faults":[]`, "/loglevel": `"info"`} {
			if status, body := testkit.Get(t, "http://"+address+path); status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %s answers %d %.300s", name, path, status, body)
			}
		}
	}
	status, body := testkit.Get(t, "http://"+v.guarded["admin, of the load generator"][0]+"/api/v1/run")
	if status != http.StatusOK || !strings.Contains(body, `"rate":3,`) || !strings.Contains(body, `"paused":false`) {
		t.Errorf("the run is %d %.600s", status, body)
	}
}
