package comparison

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"loadlab/bench/machine"
	"loadlab/internal/affinity"
	"loadlab/internal/env"
)

// bench has all servers running, of which one at a time is loaded.
type bench struct {
	subjects    []*subject
	generators  []*generator
	environment []string
	serverCores []int         // one
	loadCores   []int         // the others, or the same if there is one only
	duration    time.Duration // of one run
	progress    io.Writer
}

// sample is one server under one load by one generator in one round.
type sample struct {
	rate float64 // replies per second, as the generator counts
	cpu  float64 // the server's CPU seconds per request, as the server counts
}

// core is the share of its core that the server used.
func (s sample) core() float64 { return s.rate * s.cpu }

// series are the samples of one server under one load by one generator, in the
// order of the rounds.
type series map[seriesKey][]sample

type seriesKey struct{ load, server, generator string }

// open starts all servers that this machine can run, one after the other.
func open(ctx context.Context, o options, folder string, getenv env.Getenv, progress io.Writer) (_ *bench, err error) {
	b := &bench{environment: plain(getenv, filepath.Join(folder, "data")), progress: progress, duration: runDuration, generators: generators(ctx, filepath.Join(o.bin, ours))}
	if o.quick {
		b.duration = quickDuration
	}
	cores, err := affinity.Cores()
	if err != nil {
		return nil, err
	}
	b.serverCores, b.loadCores = cores[:1], cores[min(1, len(cores)-1):]
	if b.subjects, err = subjects(ctx, o.servers); err != nil {
		return nil, err
	}
	if missing := b.missing(); len(missing) > 0 {
		fmt.Fprintln(progress, "missing: "+strings.Join(missing, "; "))
		if o.require {
			return nil, errors.New("missing: " + strings.Join(missing, "; "))
		}
	}
	for _, s := range b.subjects {
		if s.missing != nil {
			continue
		}
		fmt.Fprintln(progress, "starting", s.name)
		if s.server, err = startServer(ctx, s, o.bin, b.environment, b.serverCores); err != nil {
			return nil, errors.Join(err, b.close())
		}
	}
	return b, nil
}

// missing says what this machine lacks, with where it comes from.
func (b *bench) missing() (all []string) {
	for _, s := range b.subjects {
		if s.missing != nil {
			all = append(all, s.missing.Error())
		}
	}
	for _, g := range b.generators {
		if g.path == "" {
			all = append(all, g.name+" is in "+g.source)
		}
	}
	return all
}

func (b *bench) close() (err error) {
	for _, s := range b.subjects {
		if s.server != nil {
			err = errors.Join(err, s.server.stop())
		}
	}
	return err
}

// measure offers each load to each server in turn, by each generator, and all
// of that once a round: a change of the machine's speed meets all servers.
func (b *bench) measure(ctx context.Context, o options) (*figures, error) {
	f := &figures{bench: b, loads: chosen(o.loads), rounds: o.rounds, series: series{}}
	if !o.quick {
		warmUp := figures{bench: b, loads: f.loads, series: series{}} // whose figures do not count
		if err := warmUp.round(ctx, "warm-up", b.generators[:1]); err != nil {
			return nil, err
		}
	}
	for round := range o.rounds {
		if err := f.round(ctx, fmt.Sprintf("round %d of %d", 1+round, o.rounds), b.generators); err != nil {
			return nil, err
		}
	}
	for _, s := range b.subjects {
		if s.server != nil {
			f.memory = append(f.memory, memory{s.name, s.server.atStart, machine.PeakMemory(s.server.pid())})
		}
	}
	return f, nil
}

// round adds a sample to each series that this machine can measure.
func (f *figures) round(ctx context.Context, name string, by []*generator) error {
	for _, l := range f.loads {
		for _, s := range f.subjects {
			for _, g := range by {
				if s.server == nil || g.path == "" || l.path(s) == "" {
					continue
				}
				fmt.Fprintf(f.progress, "%s: %s, %s by %s\n", name, l.title, s.name, g.name)
				measured, err := f.sample(ctx, l, s, g)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", l.title, s.name, err)
				}
				key := seriesKey{l.name, s.name, g.name}
				f.series[key] = append(f.series[key], measured)
			}
		}
	}
	return nil
}

// sample measures one server under one load by one generator. What the generator
// says that it sent must be what the server counted.
func (b *bench) sample(ctx context.Context, l load, s *subject, g *generator) (sample, error) {
	before, err := s.server.settled(ctx, 0, 0)
	if err != nil {
		return sample{}, err
	}
	began, err := machine.CPUTime(s.server.pid())
	if err != nil {
		return sample{}, err
	}
	said, err := g.run(ctx, "http://"+s.server.address+l.path(s), l.connections, b.duration, b.environment, b.loadCores)
	if err != nil {
		return sample{}, err
	}
	after, err := s.server.settled(ctx, before, said.requests)
	if err != nil {
		return sample{}, err
	}
	ended, err := machine.CPUTime(s.server.pid())
	if err != nil {
		return sample{}, err
	}
	counted := after - before
	if err := g.agrees(said.requests, counted, l.connections); err != nil {
		return sample{}, err
	}
	return sample{said.rate, (ended - began).Seconds() / float64(counted)}, nil
}

// agrees compares what a generator and a server have counted.
func (g *generator) agrees(sent, counted uint64, connections int) error {
	given := uint64(0)
	if g.abandons {
		given = uint64(connections)
	}
	if counted < sent || counted > sent+given {
		return fmt.Errorf("%s had %d requests answered, the server counted %d", g.name, sent, counted)
	}
	return nil
}
