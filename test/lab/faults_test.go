//go:build linux

package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// recoveryLimit is generous, since the machine may be busy; what it took is in the table.
const recoveryLimit = 90 * time.Second

// fault is one that a test causes.
type fault struct {
	name    string
	affects []string // kinds of requests that may fail meanwhile; all others go on
	cause   func()
	hold    time.Duration
	end     func()       // nil if it ends on its own
	cuts    bool         // replies may end after their status
	back    func() error // nil when the part is there again; nil if there is none to wait for
}

// faulty is a lab under traffic whose parts can be made to fail.
type faulty struct {
	*lab
	t         *testing.T
	folder    string // its data
	postgres  *testkit.Postgres
	links     map[string]*testkit.Proxy // by what is behind them
	traffic   *observe.Traffic
	stop      func()            // ends the traffic
	addresses map[string]string // by service and field of its log
	trials    observe.Trials
}

// behind are the services that the gateway calls, with the requests that need
// them: mixed calls iobound and cpubound.
var behind = map[string][]string{
	"iobound": {observe.ReadIO, observe.ReadMixed}, "cpubound": {observe.ReadCPU, observe.ReadMixed}, "mixed": {observe.ReadMixed},
	"items": {observe.ReadItems, observe.Create, observe.CreateKey},
}

// startFaulty runs a lab whose items are on a PostgreSQL server. If linked, a
// link is in front of each service behind the gateway and of the server; a part
// that is killed behind a link would not refuse connections. A wait and a request
// of items have a budget of some seconds, and an open breaker tries again after
// one. Computations have the usual budget, because a busy machine delays them.
func startFaulty(t *testing.T, args []string, linked bool, environment ...string) *faulty {
	t.Helper()
	skipUnlessRequired(t)
	f := &faulty{t: t, folder: t.TempDir(), postgres: testkit.StartPostgres(t), links: map[string]*testkit.Proxy{}, addresses: map[string]string{}}
	database := f.postgres.URL
	if linked {
		f.links["postgres"] = testkit.NewProxy(t)
		f.links["postgres"].Forward(f.postgres.Address())
		database = strings.Replace(database, f.postgres.Address(), f.links["postgres"].Address, 1)
		for name := range behind {
			f.links[name] = testkit.NewProxy(t)
			environment = append(environment, strings.ToUpper(name)+"_URL=http://"+f.links[name].Address)
		}
	}
	environment = append(environment, "LAB_DATA="+f.folder, "DATABASE_URL="+database,
		"IO_TIMEOUT=5s", "ITEMS_TIMEOUT=5s", "BREAKER_OPEN=1s",
		"LOADGEN_SCENARIO=steady", "LOADGEN_RATE=5")
	f.lab = start(t, args, environment...)
	if linked {
		for name := range behind {
			f.links[name].Forward(f.serving(name, "address"))
		}
	}
	f.begin()
	return f
}

// serving is an address that a service has logged. It stays the same when the
// service starts again, while the line may leave the log.
func (f *faulty) serving(service, field string) (address string) {
	f.t.Helper()
	key := service + " " + field
	if known := f.addresses[key]; known != "" {
		return known
	}
	must(f.t, observe.Eventually(f.t.Context(), time.Minute, func(context.Context) error {
		text, err := os.ReadFile(filepath.Join(f.folder, "logs", service+".log"))
		for _, line := range testkit.Messages(testkit.ParseLog(f.t, string(text)), "serving") {
			address, _ = line[field].(string)
		}
		if err == nil && address == "" {
			err = fmt.Errorf("%s has not logged its address: %s", service, text)
		}
		return err
	}))
	f.addresses[key] = address
	return address
}

// begin starts the traffic and waits until all of it succeeds.
func (f *faulty) begin() {
	f.t.Helper()
	f.traffic = observe.NewTraffic(f.gateway, fmt.Sprintf("%s %d ", f.t.Name(), time.Now().UnixNano()))
	ctx, cancel := context.WithCancel(f.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f.traffic.Run(ctx)
	}()
	f.stop = func() {
		cancel()
		<-ended
	}
	f.t.Cleanup(f.stop)
	f.trials = observe.Trials{Traffic: f.traffic, Limit: recoveryLimit}
	must(f.t, f.trials.Begin(f.t.Context()))
}

// try causes a fault and waits for the recovery.
func (f *faulty) try(fault fault) {
	f.t.Helper()
	var back func(context.Context) error
	if fault.back != nil {
		back = func(context.Context) error { return fault.back() }
	}
	if err := f.trials.Try(f.t.Context(), observe.Fault{
		Name: fault.name, Affects: fault.affects, Cause: fault.cause, Hold: fault.hold, End: fault.end, Back: back,
	}); err != nil {
		f.t.Fatal(err)
	}
}

// finish ends the traffic, checks what it created, and logs the table.
func (f *faulty) finish() {
	f.t.Helper()
	f.stop()
	total := f.traffic.Tally()
	if sum := total.OK + total.Refused + total.Failed + total.Silent; sum != total.Sent {
		f.t.Errorf("%d requests sent, and %d have a result", total.Sent, sum)
	}
	acknowledged, err := f.traffic.CheckCreated(f.t.Context())
	if err != nil {
		f.t.Errorf("the items: %v", err)
	}
	f.t.Logf("%d requests, %d items acknowledged\n%v", total.Sent, acknowledged, &f.trials.Results)
}

// kill is kill -9 of a child of the lab, which the lab starts again.
func (f *faulty) kill(part string, affects ...string) fault {
	var pid int
	return fault{
		name: "`kill -9` of " + part, affects: affects,
		cause: func() {
			pid = f.pids()[part]
			must(f.t, syscall.Kill(pid, syscall.SIGKILL))
		},
		back: func() error {
			if f.pids()[part] == pid {
				return fmt.Errorf("%s has not been started again", part)
			}
			return nil
		},
	}
}

// breakLink breaks the network in front of a part.
func (f *faulty) breakLink(part string, state testkit.Link, hold time.Duration, affects ...string) fault {
	where := "in front of " + part
	if part == "postgres" {
		where = "between items and PostgreSQL"
	}
	return fault{
		name: fmt.Sprintf("network %s %s for %v", state, where, hold), affects: affects, hold: hold,
		cause: func() { f.links[part].Become(state) }, end: func() { f.links[part].Become(testkit.Whole) },
	}
}
