package lab

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"loadlab/internal/app"
	"loadlab/internal/exitcode"
	"loadlab/internal/supervise"
	"loadlab/internal/telemetry"
)

// supervise runs the children: the services first, the load when all of them
// are ready. At the end the load stops first, so that no request is lost.
func (l *running) supervise(ctx context.Context) error {
	group, loaded := errgroup.WithContext(ctx)
	served, stopServices := context.WithCancel(context.WithoutCancel(ctx))
	processes := l.processes()
	allReady := make(chan struct{})
	waiting := newCountdown(len(processes), func() { close(allReady) })
	l.supervisor.Report = func(e supervise.Event) {
		l.printer.event(e)
		if e.Kind == supervise.Ready {
			waiting.done(e.Process)
		}
	}
	for _, p := range processes {
		group.Go(func() error { return l.supervisor.Run(served, p) })
	}
	group.Go(func() error {
		defer stopServices()
		select {
		case <-allReady:
			l.printer.up(l.cfg, l.folder, !l.options.noLoad, l.runtimes)
			l.show(ctx)
		case <-loaded.Done():
			return nil
		}
		if !l.options.noLoad {
			if err := l.supervisor.Run(loaded, l.generator()); err != nil {
				return err
			}
		}
		<-loaded.Done()
		return nil
	})
	return group.Wait()
}

// serviceGroups are the services by process: one each, except that those which
// the user wants together share one.
func (l *running) serviceGroups() [][]service {
	var groups [][]service
	var together []service
	for _, s := range l.cfg.services() {
		if slices.Contains(l.options.together, s.builder.Name) {
			together = append(together, s)
		} else {
			groups = append(groups, []service{s})
		}
	}
	if len(together) > 0 {
		groups = append(groups, together)
	}
	return groups
}

// processes are the children.
func (l *running) processes() []supervise.Process {
	var all []supervise.Process
	for _, members := range l.serviceGroups() {
		all = append(all, l.process(members))
	}
	for i, s := range l.runtimes {
		all = append(all, l.tutorialProcess(s, i))
	}
	return all
}

func namesOf(members []service) (names []string) {
	for _, s := range members {
		names = append(names, s.builder.Name)
	}
	return names
}

func processName(members []service) string { return strings.Join(namesOf(members), "+") }

func (l *running) process(members []service) supervise.Process {
	names := namesOf(members)
	name := processName(members)
	return supervise.Process{
		Name: name, Args: append([]string{"serve"}, names...), Env: l.environment(names),
		Log: l.log(name), Fatal: []int{exitcode.Usage},
		Ready: func(ctx context.Context) error {
			for _, s := range members {
				if err := app.CheckURL(ctx, "http://"+s.adminAddr()+"/readyz"); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// tutorialProcess is the child that becomes the i-th server. Each has a core to
// itself as far as there are cores.
func (l *running) tutorialProcess(s tutorialServer, i int) supervise.Process {
	return supervise.Process{
		Name: s.Name, Args: []string{"runtime", "--core", strconv.Itoa(i), s.Name},
		Env: append(l.environment(nil), "LISTEN_ADDR="+s.address()), Log: l.log(s.Name), Fatal: []int{exitcode.Usage},
		Ready: func(ctx context.Context) error { return app.CheckURL(ctx, "http://"+s.address()+"/metrics") },
	}
}

// generator is the child that makes the load. The exit codes Fail and Invalid are
// verdicts on a run that is complete.
func (l *running) generator() supervise.Process {
	address := loopback(l.cfg.Loadgen)
	return supervise.Process{
		Name: "loadgen", Args: []string{"load"}, Env: append(l.environment(nil), "LOADGEN_REPORT_DIR="+l.reports()), Log: l.log("loadgen"),
		Fatal: []int{exitcode.Usage}, Done: []int{exitcode.Pass, exitcode.Fail, exitcode.Invalid},
		Ready: func(ctx context.Context) error { return app.CheckURL(ctx, "http://"+address+"/livez") },
	}
}

// garbagePercent is Go's own default instead of the services' 400: it saves a
// third of the lab's memory, for some CPU time at a saturating load
// (docs/adr/0064).
const garbagePercent = "100"

// collectors are the variables that say where the children export to: spans to
// the lab's own store, metrics to the user's collector, whose settings are the
// user's general ones.
func (l *running) collectors() map[string]string {
	const prefix = "OTEL_EXPORTER_OTLP_"
	own := map[string]string{}
	for _, name := range telemetry.OTLPSettings() {
		own[prefix+"METRICS_"+name] = cmp.Or(l.with.Getenv(prefix+"METRICS_"+name), l.with.Getenv(prefix+name))
		own[prefix+"TRACES_"+name], own[prefix+name] = "", ""
	}
	if to, _ := l.cfg.Export.Collector(telemetry.Metrics); l.cfg.Export.MetricsByOTLP() {
		own[prefix+"METRICS_ENDPOINT"] = to.URL
	}
	own[prefix+"ENDPOINT"] = "http://" + loopback(l.cfg.OTLP)
	return own
}

// environment is the user's, with the lab's own addresses and folder.
func (l *running) environment(names []string) []string {
	own := l.collectors()
	own["LAB_DATA"] = l.folder.path
	for _, e := range l.cfg.endpoints() {
		own[e.variable] = fmt.Sprint(*e.port)
	}
	if l.with.Getenv("GOGC") == "" {
		own["GOGC"] = garbagePercent
	}
	if slices.Contains(names, "cpubound") {
		own["COMPUTE_SLOTS"] = fmt.Sprint(l.options.cores)
	}
	environment := slices.DeleteFunc(slices.Clone(l.with.Environ), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		_, replaced := own[name]
		return replaced
	})
	for name, value := range own {
		environment = append(environment, name+"="+value)
	}
	return environment
}
