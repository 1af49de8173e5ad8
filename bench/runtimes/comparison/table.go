package comparison

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"time"

	"loadlab/bench/page"
)

// figures is everything that was measured.
type figures struct {
	*bench
	loads  []load
	rounds int
	series series
	memory []memory
}

// memory of a server's process, in bytes.
type memory struct {
	server        string
	atStart, peak int64
}

// write writes all tables as Markdown.
func (f *figures) write(w io.Writer, on []string, when time.Time) {
	fmt.Fprintf(w, "Measured %s on %d cores: %s, %s. Medians of %d rounds, with the lowest and the highest in brackets.",
		when.UTC().Format(time.DateOnly), runtime.NumCPU(), strings.Join(on, ", "), runtime.Version(), f.rounds)
	for _, g := range f.generators {
		if g.path == "" {
			fmt.Fprintf(w, " %s is missing: it is in %s.", g.name, g.source)
		} else {
			fmt.Fprintf(w, " %s: %s.", g.name, g.version)
		}
	}
	if f.loadCores[0] == f.serverCores[0] {
		fmt.Fprint(w, " This machine has one core, which servers and generators share.")
	}
	fmt.Fprint(w, "\n\n")
	for _, l := range f.loads {
		f.writeLoad(w, l)
	}
	f.writeAgreement(w)
	f.writeServers(w)
}

func (f *figures) writeLoad(w io.Writer, l load) {
	fmt.Fprintf(w, "### %s\n%d connections.", l.title, l.connections)
	if most := l.most(); most > 0 && l.cores > 0 {
		fmt.Fprintf(w, " One core computes %.0f of them a second.", most)
	} else if most > 0 {
		fmt.Fprintf(w, " Without any work there would be %.0f replies a second.", most)
	}
	base := f.base(l)
	of := "of the first's"
	if base != nil {
		of = "of " + possessive(base.title)
	}
	fmt.Fprintf(w, "\n\n| server | load by | requests/s | %s | CPU per request | %s | core used |\n|---|---|--:|--:|--:|--:|--:|\n", of, of)
	for _, s := range f.subjects {
		for _, g := range f.generators {
			samples := f.series[seriesKey{l.name, s.name, g.name}]
			if len(samples) == 0 {
				continue
			}
			first := f.series[seriesKey{l.name, base.name, g.name}]
			fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s |\n", s.title, g.name,
				withRange(values(samples, rate), ""), withRange(ratios(samples, first, rate), ""),
				withRange(values(samples, microseconds), " µs"), withRange(ratios(samples, first, microseconds), ""),
				page.Number(100*page.Median(values(samples, sample.core)))+" %")
		}
	}
	fmt.Fprintln(w)
}

// base is the server to which the others are compared: the first under that load.
func (f *figures) base(l load) *subject {
	for _, s := range f.subjects {
		if s.missing == nil && l.path(s) != "" {
			return s
		}
	}
	return nil
}

func possessive(title string) string {
	if strings.HasSuffix(title, "s") {
		return title + "'"
	}
	return title + "'s"
}

// writeAgreement compares what the two generators say of the same servers.
func (f *figures) writeAgreement(w io.Writer) {
	one, other := f.generators[0], f.generators[1]
	if other.path == "" {
		return
	}
	fmt.Fprintf(w, "### The two generators\n%s as a share of %s, in the same round: the medians of all servers, lowest … highest.\n\n| load | requests/s | CPU per request |\n|---|--:|--:|\n", possessive(one.name), possessive(other.name))
	for _, l := range f.loads {
		var rates, costs []float64
		for _, s := range f.subjects {
			a, b := f.series[seriesKey{l.name, s.name, one.name}], f.series[seriesKey{l.name, s.name, other.name}]
			if len(a) > 0 {
				rates, costs = append(rates, page.Median(ratios(a, b, rate))), append(costs, page.Median(ratios(a, b, microseconds)))
			}
		}
		fmt.Fprintf(w, "| %s | %s | %s |\n", l.title, page.Range(rates), page.Range(costs))
	}
	fmt.Fprintln(w)
}

func (f *figures) writeServers(w io.Writer) {
	fmt.Fprint(w, "### Memory and versions\n| server | version | resident memory after the start | peak under these loads |\n|---|---|--:|--:|\n")
	for _, s := range f.subjects {
		if s.missing != nil {
			fmt.Fprintf(w, "| %s | missing: %s | – | – |\n", s.title, firstLine(s.missing.Error()))
			continue
		}
		for _, m := range f.memory {
			if m.server == s.name {
				fmt.Fprintf(w, "| %s | %s | %s MiB | %s MiB |\n", s.title, s.version, mebibytes(m.atStart), mebibytes(m.peak))
			}
		}
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func mebibytes(bytes int64) string { return page.Number(float64(bytes) / (1 << 20)) }

func rate(s sample) float64         { return s.rate }
func microseconds(s sample) float64 { return s.cpu * 1e6 }

func values(samples []sample, figure func(sample) float64) []float64 {
	all := make([]float64, len(samples))
	for i, s := range samples {
		all[i] = figure(s)
	}
	return all
}

// ratios compares two servers, or two generators, round by round.
func ratios(samples, base []sample, figure func(sample) float64) []float64 {
	all := make([]float64, min(len(samples), len(base)))
	for i := range all {
		all[i] = figure(samples[i]) / figure(base[i])
	}
	return all
}

// withRange is the median with the lowest and the highest, which a base of ratios does not have.
func withRange(all []float64, unit string) string {
	median := page.Number(page.Median(all)) + unit
	if len(all) < 2 || math.Abs(page.Median(all)-1) == 0 && page.Range(all) == page.Range([]float64{1}) {
		return median
	}
	return median + " (" + page.Range(all) + ")"
}
