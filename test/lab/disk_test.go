//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/internal/exitcode"
	"loadlab/internal/testkit"
	"loadlab/test/observe"
)

// TestFaultsOfTheDisk fills the disk that items, samples, logs and reports are
// on: reads and services without a disk go on, writes are refused, the lab says
// what is wrong, a generator shows its report on the terminal and ends with an
// error; when there is room again everything goes on.
func TestFaultsOfTheDisk(t *testing.T) {
	skipUnlessRequired(t)
	folder := testkit.SmallDisk(t, 64<<20)
	f := &faulty{t: t, lab: start(t, nil, "LAB_DATA="+folder, "LOADGEN_SCENARIO=steady", "LOADGEN_RATE=5")}
	f.begin()
	must(t, observe.Eventually(t.Context(), time.Minute, f.scrapedAfter(f.began)))
	for range testkit.Tries(t) {
		var empty func()
		f.try(fault{
			name: "disk of items, samples and reports full", affects: []string{observe.Create, observe.CreateKey},
			cause: func() {
				before := f.traffic.Tally()
				empty = testkit.Fill(t, folder)
				must(t, observe.Eventually(t.Context(), time.Minute, func(context.Context) error {
					// The last pages of files that are open may have room for some writes.
					if f.traffic.Tally().Minus(before).Refused == 0 {
						return errors.New("no write is refused")
					}
					if said := f.Stdout() + f.Stderr(); !strings.Contains(said, "the disk is full") {
						return fmt.Errorf("the lab says nothing of the full disk:\n%s", said)
					}
					return nil
				}))
				f.generate(folder, false)
			},
			end: func() { empty() },
		})
		must(t, observe.Eventually(t.Context(), time.Minute, f.scrapedAfter(time.Now())))
		f.generate(folder, true)
	}
	f.finish()
}

// scrapedAfter returns an error unless there is a sample of the gateway from after that time.
func (l *lab) scrapedAfter(at time.Time) func(context.Context) error {
	return func(ctx context.Context) error {
		series, err := l.prometheus.Query(ctx, `max(timestamp(up{job="gateway"}))`)
		if err == nil && (len(series) != 1 || series[0].Last() < float64(at.Unix()+1)) {
			err = fmt.Errorf("no sample since %v: %v", at, series)
		}
		return err
	}
}

// generate runs a generator that keeps its report in folder. If there is no room
// it ends with exitcode.Error, and no part of the report is there.
func (f *faulty) generate(folder string, room bool) {
	f.t.Helper()
	reports := func() []string {
		found, err := filepath.Glob(filepath.Join(folder, "*loadgen-*"))
		must(f.t, err)
		return found
	}
	before := reports()
	p := testkit.Launch(f.t, "loadgen", nil, "LOADGEN_URLS="+f.gateway+"/io/wait?ms=1", "LOADGEN_LOOP=batch",
		"LOADGEN_ADMIN_ADDR=off", "LOADGEN_REPORT_DIR="+folder)
	// A measurement on a busy machine may be invalid, which is another code.
	if code := p.Wait().ExitCode(); (code != exitcode.Error) != room {
		f.t.Errorf("the generator ends with %d (room: %v): %s", code, room, p.Stderr())
	}
	if !strings.Contains(p.Stdout(), "/io/wait") {
		f.t.Errorf("the report is not on the terminal: %s", p.Stdout())
	}
	added := slices.DeleteFunc(reports(), func(path string) bool { return slices.Contains(before, path) })
	if kept := len(added) == 1; kept != room {
		f.t.Errorf("room: %v, reports %v", room, added)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
