//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// TestFaultsOfTheWholeLab kills the process that holds supervisor, console,
// samples and traces, and with it all the others; a lab that is started on the
// same folder has every acknowledged item once, and every sample.
func TestFaultsOfTheWholeLab(t *testing.T) {
	skipUnlessRequired(t)
	folder := t.TempDir()
	// A service that logs nothing does not learn from its log that the lab is gone.
	environment := []string{"LAB_DATA=" + folder, "LOADGEN_SCENARIO=steady", "LOADGEN_RATE=5", "LOG_LEVEL=error"}
	l := start(t, nil, environment...)
	acknowledged := 0
	var all observe.Results
	for i := range testkit.Tries(t) {
		traffic := observe.NewTraffic(l.gateway, fmt.Sprintf("life %d ", i))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			traffic.Run(ctx)
		}()
		_, err := traffic.Recovered(t.Context(), time.Now(), recoveryLimit)
		must(t, err)
		before := l.samples(t)
		pids := l.pids()
		must(t, syscall.Kill(l.Pid(), syscall.SIGKILL))
		killed := time.Now()
		l.Wait()
		cancel()
		<-ended
		for name, pid := range pids {
			err := observe.Eventually(t.Context(), recoveryLimit, func(context.Context) error {
				if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
					return nil
				}
				return fmt.Errorf("%s, process %d, outlives the lab", name, pid)
			})
			if err != nil {
				t.Error(err)
				_ = syscall.Kill(pid, syscall.SIGKILL) // it must not outlive the test too
			}
		}
		l = start(t, nil, environment...)
		l.field(t, `loadlab is (up)`)
		all.Add("`kill -9` of the lab's own process, started again on its folder", traffic.Tally(), time.Since(killed))
		after := l.samples(t)
		for at, value := range before {
			if now, ok := after[at]; !ok || now != value {
				t.Errorf("the sample of %v was %v before the kill, and is %v (there: %v)", time.UnixMilli(at), value, now, ok)
			}
		}
		traffic.Move(l.gateway)
		known, err := traffic.CheckCreated(t.Context())
		must(t, err)
		acknowledged += known
	}
	t.Logf("%d items acknowledged\n%v", acknowledged, &all)
}

// samples are the scrapes of the gateway, by their time in Unix milliseconds. It
// waits for two at least.
func (l *lab) samples(t *testing.T) map[int64]float64 {
	t.Helper()
	points := map[int64]float64{}
	must(t, observe.Eventually(t.Context(), recoveryLimit, func(ctx context.Context) error {
		series, err := l.prometheus.Query(ctx, `up{job="gateway"}[1h]`)
		for _, s := range series {
			for _, point := range s.Points {
				points[point.Time.UnixMilli()] = point.Value
			}
		}
		if err == nil && len(points) < 2 {
			err = fmt.Errorf("%d samples", len(points))
		}
		return err
	}))
	return points
}
