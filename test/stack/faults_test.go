package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

const (
	recoversIn = 90 * time.Second // generous, since the machine may be busy; the table has what it took
	brief      = time.Second      // of a fault that is caused once
)

// A fault is one of a container.
type fault struct {
	observe.Fault
	always bool // also if every fault is caused once only
}

// needing are the kinds of requests that need a part.
func needing(part string) []string {
	return map[string][]string{
		"gateway": observe.TrafficKinds(), "iobound": {observe.ReadIO, observe.ReadMixed}, "cpubound": {observe.ReadCPU, observe.ReadMixed}, "mixed": {observe.ReadMixed},
		"items": {observe.ReadItems, observe.Create, observe.CreateKey}, "postgres": {observe.ReadItems, observe.Create, observe.CreateKey},
	}[part]
}

// cuts are the networks that a part is taken from, so that any two parts which
// call each other are separated at least once.
func cuts() []struct {
	part, networks, between string
	always                  bool
} {
	return []struct {
		part, networks, between string
		always                  bool
	}{
		{"iobound", "back observability", "iobound and all that call it", false},
		{"cpubound", "back observability", "cpubound and all that call it", false},
		{"mixed", "back observability", "mixed and all that call it, or that it calls", false},
		{"items", "back observability", "items and all that call it", false},
		{"items", "database", "items and PostgreSQL", true},
		{"gateway", "back observability", "the gateway and all behind it", true},
		{"jaeger", "observability", "Jaeger and all that send spans", true},
		{"prometheus", "observability", "Prometheus and its targets", false},
		{"loadgen", "back observability", "the generator and the gateway", false},
		{"console", "back observability", "the console and what it shows", false},
	}
}

// checkFaults causes one fault after another under traffic: acknowledged items
// are stored once, requests that do not need the part succeed, every span is
// counted, and everything recovers unaided. Each fault is caused LAB_TRIES times;
// once means some of them, and briefly.
func checkFaults(t *testing.T, c *composition, names []string) {
	if os.Getuid() != 0 {
		testkit.RequireFound(t, errors.New("only root may kill the programs of containers"))
	}
	// A load that no service refuses, of which every request is traced.
	c = c.with(map[string]string{"LOADGEN_SCENARIO": "steady", "LOADGEN_RATE": "5", "LOADGEN_TRACE_RATIO": "1", "OTEL_TRACES_SAMPLER_ARG": "1"})
	c.start(t, names...)
	traffic := observe.NewTraffic(c.url("GATEWAY_PORT"), fmt.Sprintf("faults %d ", time.Now().UnixNano()))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		traffic.Run(ctx)
	}()
	end := func() {
		stop()
		<-ended
	}
	defer end()
	trials := &observe.Trials{Traffic: traffic, Limit: recoversIn}
	if err := trials.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	unstored := map[string]float64{}
	times := testkit.Tries(t)
	for i := range times {
		// In turn, since the engine waits longer before it starts a container that has just ended.
		for _, fault := range c.faults(t, names, times == 1) {
			if times == 1 && !fault.always {
				continue
			}
			before := c.unstored(t)
			if err := trials.Try(t.Context(), fault.Fault); err != nil {
				t.Fatal(err)
			}
			if more := c.unstored(t) - before; more > 0 {
				unstored[fault.Name] += more
			}
		}
		t.Logf("%d of %d tries\n%v", i+1, times, &trials.Results)
	}
	began := time.Now()
	for _, part := range append(services(), "prometheus", "jaeger") {
		eventually(t, recoversIn, func(ctx context.Context) error { return c.works(ctx, part, began) })
	}
	eventually(t, recoversIn, func(context.Context) error { return c.countsSpans(t) })
	end()
	total := traffic.Tally()
	if sum := total.OK + total.Refused + total.Failed + total.Silent; sum != total.Sent {
		t.Errorf("%d requests sent, and %d have a result", total.Sent, sum)
	}
	acknowledged, err := traffic.CheckCreated(t.Context())
	if err != nil {
		t.Errorf("the items: %v", err)
	}
	t.Logf("%d requests, %d items acknowledged; spans that were counted as not stored: %v", total.Sent, acknowledged, unstored)
}

// faults are in the order of the table in docs/reliability.md.
func (c *composition) faults(t *testing.T, names []string, once bool) []fault {
	var all []fault
	for _, name := range names {
		if name != "grafana" {
			all = append(all, fault{c.kill(t, name), true})
		}
	}
	lasts := 3 * time.Second
	if once {
		lasts = brief
	}
	for _, cut := range cuts() {
		all = append(all, fault{c.cut(t, cut.part, strings.Fields(cut.networks), cut.between, lasts), cut.always})
	}
	for _, name := range []string{"postgres", "prometheus", "jaeger", "console", "loadgen"} {
		hold := lasts
		if name == "postgres" && !once {
			hold = 10 * time.Second
		}
		stopped := observe.Fault{
			Name: fmt.Sprintf("containers: %s stopped for %v", name, hold), Affects: needing(name), Hold: hold,
			Cause: func() { c.run(t, "stop", name) }, End: func() { c.run(t, "start", name) },
		}
		c.measure(&stopped, name)
		all = append(all, fault{stopped, name == "postgres"})
	}
	return all
}

// measure lets the recovery of a part that no request needs be that of the part.
func (c *composition) measure(f *observe.Fault, part string) {
	if len(f.Affects) > 0 {
		return
	}
	var since time.Time
	end := f.End
	f.End = func() {
		if end != nil {
			end()
		}
		since = time.Now()
	}
	f.Works = func(ctx context.Context) error { return c.works(ctx, part, since) }
}

// kill ends the container's program as the kernel does when it is out of memory.
// After `docker kill` the engine would not start it again.
func (c *composition) kill(t *testing.T, part string) observe.Fault {
	const state = "{{.State.Pid}} {{.State.Running}}"
	var killed string
	f := observe.Fault{
		Name: "containers: `kill -9` of " + part, Affects: needing(part),
		Cause: func() {
			killed, _, _ = strings.Cut(c.inspect(t, part, state), " ")
			process, err := strconv.Atoi(killed)
			if err != nil || process == 0 {
				t.Fatalf("%s does not run: process %s, %v", part, killed, err)
			}
			if err := syscall.Kill(process, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		},
		Back: func(context.Context) error {
			if now := c.inspect(t, part, state); !strings.HasSuffix(now, " true") || strings.HasPrefix(now, killed+" ") {
				return fmt.Errorf("%s has not been started again: process %s", part, now)
			}
			return nil
		},
	}
	c.measure(&f, part)
	return f
}

// cut takes the part from networks and gives it back to them, with the name that Compose gave it there.
func (c *composition) cut(t *testing.T, part string, networks []string, between string, lasts time.Duration) observe.Fault {
	network := func(arguments ...string) {
		id := c.container(t, part)
		for _, name := range networks {
			if _, err := docker(c.root, nil, slices.Concat([]string{"network"}, arguments, []string{project + "_" + name, id})...); err != nil {
				t.Fatal(err)
			}
		}
	}
	f := observe.Fault{
		Name: fmt.Sprintf("containers: network cut for %v between %s", lasts, between), Affects: needing(part), Hold: lasts,
		Cause: func() { network("disconnect") }, End: func() { network("connect", "--alias", part) },
	}
	c.measure(&f, part)
	return f
}
