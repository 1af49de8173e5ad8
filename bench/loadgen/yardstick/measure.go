package yardstick

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"loadlab/bench/page"
)

// Rounds are odd, so that a median is a run that took place. Each round runs all
// generators in turn: what else the machine does then troubles all of them.
const (
	rounds         = 3
	closedDuration = 2 * time.Second
	openDuration   = 3 * time.Second

	memoryRate  = 10_000
	memoryShort = 3 * time.Second
	memoryLong  = 4 * memoryShort

	delayRate = 50 // at most; a reply comes before the next request
)

// figures is everything that was measured. Maps are by the generator's name.
type figures struct {
	cpu    map[string][]result
	pacing []pacing
	short  result
	long   result
	delays []delayed
}

// pacing is the open loop at one rate.
type pacing struct {
	rate int
	runs map[string][]result
}

// rateOff is how far the rate that the server saw is from the one asked for, in percent.
func (p pacing) rateOff(r result) float64 {
	seen := float64(r.seen.requests) / openDuration.Seconds()
	return 100 * math.Abs(seen/float64(p.rate)-1)
}

// delayed is the service time against a server with a known delay.
type delayed struct {
	nominal  time.Duration
	held     time.Duration // median from read to write, by the server's own clock
	seen     time.Duration // median from write to reply, by the reference client
	measured time.Duration // median service time, by the generator
}

func (d delayed) off() time.Duration { return (d.measured - d.seen).Abs() }

// bench runs experiments one after the other, one generator at a time.
type bench struct {
	server     *server
	generators []*generator
	progress   io.Writer
}

func (b *bench) once(ctx context.Context, g *generator, l load, delay time.Duration, stamp bool) (result, error) {
	b.server.reset(delay, stamp)
	fmt.Fprintf(b.progress, "%s: %s, %v\n", g.name, l.loop(), l.duration)
	return g.run(ctx, b.server, l)
}

func (b *bench) all(ctx context.Context) (f figures, err error) {
	if f.cpu, err = b.inTurns(ctx, load{duration: closedDuration}, false); err != nil {
		return f, err
	}
	for _, rate := range []int{100, 1000, 5000} {
		runs, err := b.inTurns(ctx, load{rate: rate, duration: openDuration}, true)
		if err != nil {
			return f, err
		}
		f.pacing = append(f.pacing, pacing{rate, runs})
	}
	own := b.generators[0]
	if f.short, err = b.once(ctx, own, load{rate: memoryRate, duration: memoryShort}, 0, false); err != nil {
		return f, err
	}
	if f.long, err = b.once(ctx, own, load{rate: memoryRate, duration: memoryLong}, 0, false); err != nil {
		return f, err
	}
	for _, nominal := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond} {
		d, err := b.delayed(ctx, own, nominal)
		if err != nil {
			return f, err
		}
		f.delays = append(f.delays, d)
	}
	return f, nil
}

// delayed measures the service time in turns with the reference client, whose
// median over all rounds is compared with that of the generator's medians.
func (b *bench) delayed(ctx context.Context, own *generator, nominal time.Duration) (delayed, error) {
	rate := min(delayRate, int(time.Second/(2*nominal)))
	var seen, holds, measured []time.Duration
	for range rounds {
		b.server.reset(nominal, true)
		fmt.Fprintf(b.progress, "reference: %v held, %v\n", nominal, openDuration)
		times, err := reference(b.server.listener.Addr().String(), time.Second/time.Duration(rate), rate*int(openDuration.Seconds()))
		if err != nil {
			return delayed{}, err
		}
		seen = append(seen, times...)
		r, err := b.once(ctx, own, load{rate: rate, duration: openDuration}, nominal, true)
		if err != nil {
			return delayed{}, err
		}
		holds = append(holds, r.seen.holds...)
		measured = append(measured, r.report.Service.Quantile(.5))
	}
	return delayed{nominal, time.Duration(page.Median(holds)), time.Duration(page.Median(seen)), time.Duration(page.Median(measured))}, nil
}

func (b *bench) inTurns(ctx context.Context, l load, open bool) (map[string][]result, error) {
	results := map[string][]result{}
	for range rounds {
		for _, g := range present(b.generators, open) {
			r, err := b.once(ctx, g, l, 0, open)
			if err != nil {
				return nil, err
			}
			results[g.name] = append(results[g.name], r)
		}
	}
	return results, nil
}

// medianOf is the median of one figure of some runs; NaN if there are none.
func medianOf(runs []result, figure func(result) float64) float64 {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = figure(r)
	}
	return page.Median(values)
}

func variationOf(r result) float64 { return variation(r.seen.arrivals) }

func lagOf(q float64) func(result) float64 {
	return func(r result) float64 { return r.report.Lag.Quantile(q).Seconds() * 1e6 }
}
