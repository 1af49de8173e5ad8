//go:build linux

package lab

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/internal/web/faultkind"
	"loadlab/internal/web/input"
	"loadlab/test/observe"
)

// adminLimit bounds a request to an admin listener; it is generous, since the machine may be busy.
const adminLimit = 30 * time.Second

// chance draws the faults.
type chance struct{ *rand.Rand }

func (c chance) of(from []string) string { return from[c.IntN(len(from))] }

// between returns a number from low to high.
func (c chance) between(low, high float64) string {
	return strconv.FormatFloat(low+(high-low)*c.Float64(), 'f', 3, 64)
}

// hold is how long a fault lasts, at most.
func (c chance) hold() time.Duration { return time.Duration(200+c.IntN(3000)) * time.Millisecond }

// random returns the next fault.
func (f *faulty) random(random chance) fault {
	services := []string{"iobound", "cpubound", "mixed", "items"}
	switch random.IntN(5) {
	case 0:
		part := random.of(append(services, "gateway"))
		return f.kill(part, failingWith(part)...)
	case 1:
		part := random.of(append(services, "postgres"))
		state := []testkit.Link{testkit.Cut, testkit.Reset, testkit.Silent}[random.IntN(3)]
		broken := f.breakLink(part, state, random.hold(), failingWith(part)...)
		broken.name, _, _ = strings.Cut(broken.name, " for ") // one row, however long it was
		return broken
	case 2:
		return fault{name: "PostgreSQL stopped", affects: failingWith("postgres"), hold: time.Duration(random.IntN(3000)) * time.Millisecond,
			cause: f.postgres.Stop, end: f.postgres.Start}
	}
	part := random.of(append(services, "gateway"))
	query := random.injection(random.of(faultkind.Kinds()))
	kind := query.Get("kind")
	return fault{name: "fault " + kind + " of " + part, affects: failingWith(part), hold: random.hold(),
		cuts:  kind == faultkind.Truncate || kind == faultkind.SlowBody,
		cause: func() { f.inject(part, query) },
		end:   func() { f.admin(http.MethodDelete, part, "/fault") }}
}

// failingWith are the requests that need a part.
func failingWith(part string) []string {
	switch part {
	case "gateway":
		return observe.TrafficKinds()
	case "postgres":
		return behind["items"]
	}
	return behind[part]
}

// injection returns a fault of that kind as an admin listener takes it, with bounds that let the
// traffic go on: some requests succeed, and a machine with two cores is not full.
func (c chance) injection(kind string) url.Values {
	query := url.Values{"kind": {kind}, "duration": {"1m"}}
	set := func(name string, low, high float64) { query.Set(name, c.between(low, high)) }
	switch kind {
	case faultkind.Stall, faultkind.NotReady:
		return query
	case faultkind.CPU:
		set("value", 0.1, 0.6)
		return query
	case faultkind.Drop, faultkind.Reset:
		set("value", 0.1, 1)
	case faultkind.Errors:
		set("value", 0.1, 1)
		query.Set("statuses", strconv.Itoa(faultkind.Statuses()[c.IntN(len(faultkind.Statuses()))]))
	case faultkind.SlowBody:
		set("value", 100, 2000)
		set("share", 0.1, 1)
	case faultkind.Truncate:
		set("value", 0, 100)
		set("share", 0.1, 1)
	case faultkind.Latency:
		set("share", 0.1, 1)
		c.latency(query)
	}
	query.Set("seed", strconv.Itoa(c.IntN(1000)))
	return query
}

// latency adds a distribution that gives at most a second.
func (c chance) latency(query url.Values) {
	distribution := c.of(faultkind.Distributions())
	query.Set("distribution", distribution)
	if distribution != faultkind.Uniform {
		query.Set("value", c.between(1, 500))
	}
	if distribution != faultkind.Fixed {
		query.Set("max", c.between(500, 1000))
	}
	switch distribution {
	case faultkind.Normal, faultkind.LogNormal:
		query.Set("deviation", c.between(1, 500))
	case faultkind.Pareto:
		query.Set("shape", c.between(0.5, 3))
	}
}

// inject switches a fault of a service on. No fault keeps its admin listener from
// answering, and none ends the process.
func (f *faulty) inject(service string, query url.Values) {
	f.t.Helper()
	f.admin(http.MethodPut, service, "/fault?"+query.Encode())
	f.admin(http.MethodGet, service, "/livez")
	f.admin(http.MethodGet, service, "/metrics")
}

// admin sends a request to the admin listener of a service, which must answer 200.
func (f *faulty) admin(method, service, target string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), adminLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+f.serving(service, "admin")+target, http.NoBody)
	must(f.t, err)
	response, err := http.DefaultClient.Do(request)
	must(f.t, err)
	_ = response.Body.Close() // the status says it all
	if response.StatusCode != http.StatusOK {
		f.t.Fatalf("%s %s of %s: %s", method, target, service, response.Status)
	}
}

// The soak can draw every kind of fault, and a service accepts what it draws.
func TestRandomInjections(t *testing.T) {
	random := chance{rand.New(rand.NewPCG(1, 0))}
	drawn := map[string]bool{}
	for _, kind := range faultkind.Kinds() {
		for range 200 {
			query := random.injection(kind)
			in := input.New(httptest.NewRequest(http.MethodPut, "/fault?"+query.Encode(), http.NoBody), nil)
			in.Skip("duration")
			spec := faultkind.Read(in, nil)
			if err := in.Err(); err != nil {
				t.Fatalf("%v is refused: %v", query, err)
			}
			if spec.Seed != nil && !query.Has("seed") {
				t.Errorf("%v has no seed, so that the soak cannot be repeated", query)
			}
			drawn[fmt.Sprint(spec.Kind, spec.Distribution)] = true
		}
	}
	if want := len(faultkind.Kinds()) - 1 + len(faultkind.Distributions()); len(drawn) != want {
		t.Errorf("%v were drawn, want %d kinds and distributions", slices.Sorted(maps.Keys(drawn)), want)
	}
}
