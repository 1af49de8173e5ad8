package yardstick

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"loadlab/bench/page"
)

// spread is the least and the most of one figure over the rounds.
func spread(runs []result, figure func(result) float64) string {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = figure(r)
	}
	return page.Range(values)
}

// write writes all tables as Markdown.
func (f figures) write(w io.Writer, on []string, when time.Time, generators []*generator) {
	fmt.Fprintf(w, "Measured %s on %d cores: %s, %s. Medians of %d rounds.\n\n",
		when.UTC().Format(time.DateOnly), runtime.NumCPU(), strings.Join(on, ", "), runtime.Version(), rounds)
	f.writeBounds(w)
	f.writeCPU(w, generators)
	f.writePacing(w, generators)
	f.writeRest(w)
}

func (f figures) writeBounds(w io.Writer) {
	fmt.Fprint(w, "### Bounds\n| figure | measured | at most | |\n|---|--:|--:|---|\n")
	for _, b := range f.bounds() {
		fmt.Fprintf(w, "| %s | %s%s | %s%s | %s |\n", b.name, page.Number(b.measured), b.unit, page.Number(b.limit), b.unit, b.verdict())
	}
}

func (f figures) writeCPU(w io.Writer, generators []*generator) {
	fmt.Fprintf(w, "\n### CPU per request, closed loop, %d connections\n| generator | version | µs | least … most | of %s's | requests/s |\n|---|---|--:|--:|--:|--:|\n", connections, ours)
	own := medianOf(f.cpu[ours], result.cpuPerRequest)
	for _, g := range generators {
		if g.path == "" {
			fmt.Fprintf(w, "| %s | missing: %s | – | – | – | – |\n", g.name, g.source())
			continue
		}
		runs := f.cpu[g.name]
		cpu := medianOf(runs, result.cpuPerRequest)
		rate := medianOf(runs, func(r result) float64 { return float64(r.seen.requests) / closedDuration.Seconds() })
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", g.name, g.version, page.Number(cpu), spread(runs, result.cpuPerRequest), page.Number(cpu/own), page.Number(rate))
	}
}

func (f figures) writePacing(w io.Writer, generators []*generator) {
	fmt.Fprint(w, "\n### Open loop\n| rate | generator | variation of inter-arrival | least … most | lag p50 | lag p99 | CPU per request |\n|--:|---|--:|--:|--:|--:|--:|\n")
	for _, p := range f.pacing {
		for _, g := range generators {
			if !g.open {
				continue
			}
			runs := p.runs[g.name]
			if len(runs) == 0 {
				fmt.Fprintf(w, "| %d/s | %s | missing | – | – | – | – |\n", p.rate, g.name)
				continue
			}
			p50, p99 := "–", "–"
			if g.name == ours {
				p50, p99 = page.Number(medianOf(runs, lagOf(.5)))+" µs", page.Number(medianOf(runs, lagOf(.99)))+" µs"
			}
			fmt.Fprintf(w, "| %d/s | %s | %s | %s | %s | %s | %s µs |\n", p.rate, g.name, page.Number(medianOf(runs, variationOf)),
				spread(runs, variationOf), p50, p99, page.Number(medianOf(runs, result.cpuPerRequest)))
		}
	}
}

func (f figures) writeRest(w io.Writer) {
	fmt.Fprintf(w, "\n### Peak memory at %d/s\n| length | peak | requests |\n|--:|--:|--:|\n", memoryRate)
	for _, run := range []struct {
		length time.Duration
		result
	}{{memoryShort, f.short}, {memoryLong, f.long}} {
		fmt.Fprintf(w, "| %v | %s MiB | %d |\n", run.length, page.Number(mebibytes(run.peak)), run.seen.requests)
	}
	fmt.Fprint(w, "\n### Median service time against a known delay\n| asked | held by the server | seen by the reference client | measured | difference to the reference |\n|--:|--:|--:|--:|--:|\n")
	for _, d := range f.delays {
		fmt.Fprintf(w, "| %v | %v | %v | %v | %v |\n", d.nominal, d.held.Round(time.Microsecond), d.seen.Round(time.Microsecond), d.measured.Round(time.Microsecond), d.off().Round(time.Microsecond))
	}
}
