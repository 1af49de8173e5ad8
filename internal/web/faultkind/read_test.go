package faultkind_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"loadlab/internal/web/faultkind"
	"loadlab/internal/web/input"
)

func TestWhatIsAllowedIsNamed(t *testing.T) {
	routes := []string{"/a", "/b/:id"}
	for _, row := range []struct{ query, want string }{
		{"value=1", "kind is missing"},
		{"kind=fire&value=1&shape=2", "kind must be one of cpu, drop, errors, latency, not_ready, reset, slow_body, stall, truncate"},
		{"kind=latency", "value is missing"},
		{"kind=latency&value=60001", "value must be a number from 0 to 60000"},
		{"kind=latency&value=1&distribution=gauss", "distribution must be one of fixed, uniform, normal, lognormal, exponential, pareto"},
		{"kind=latency&value=1&max=2", "max is not a parameter of latency with the distribution fixed, which has distribution, duration, kind, off, on, route, seed, share, value"},
		{"kind=latency&distribution=uniform", "max is missing"},
		{"kind=latency&distribution=uniform&max=1&value=1", "value is not a parameter of latency with the distribution uniform"},
		{"kind=latency&distribution=uniform&min=2&max=1", "min must not be above max"},
		{"kind=latency&distribution=normal&value=1", "deviation is missing"},
		{"kind=latency&distribution=lognormal&value=0&deviation=1", "value must be a number from 0.001 to 60000"},
		{"kind=latency&distribution=pareto&value=1", "shape is missing"},
		{"kind=latency&distribution=pareto&value=1&shape=11", "shape must be a number from 0.1 to 10"},
		{"kind=latency&value=1&share=2", "share must be a number from 0 to 1"},
		{"kind=latency&value=1&route=/c", "route must be one of /a, /b/:id"},
		{"kind=latency&value=1&seed=-1", "seed must be a whole number from 0 to 2147483647"},
		{"kind=errors&value=2", "value must be a number from 0 to 1"},
		{"kind=errors&value=1&statuses=200", "statuses must be one or several, separated by commas, of 400, 404, 409, 429, 500, 502, 503, 504, 507"},
		{"kind=errors&value=1&statuses=500,,503", "statuses must be one or several"},
		{"kind=errors&value=1&statuses=500,500", "statuses must be one or several"},
		{"kind=errors&value=1&on=1s", "on must be given with off, or neither of them"},
		{"kind=errors&value=1&on=1ms&off=1s", "on must be a duration from 10ms to 1h0m0s"},
		{"kind=drop", "value is missing"},
		{"kind=drop&value=1&share=1", "share is not a parameter of drop, which has duration, kind, off, on, route, seed, value"},
		{"kind=reset&value=-1", "value must be a number from 0 to 1"},
		{"kind=slow_body&value=0", "value must be a number from 1 to 1048576"},
		{"kind=truncate&value=1048577", "value must be a number from 0 to 1048576"},
		{"kind=cpu&value=1.5", "value must be a number from 0 to 1"},
		{"kind=cpu&value=1&route=/a", "route is not a parameter of cpu, which has duration, kind, off, on, value"},
		{"kind=cpu&value=1&seed=1", "seed is not a parameter of cpu"},
		{"kind=stall&seed=1", "seed is not a parameter of stall, which has duration, kind, route"},
		{"kind=not_ready&route=/a", "route is not a parameter of not_ready, which has duration, kind"},
		{"kind=stall&colour=red", "colour is not a parameter of this route"},
	} {
		in := input.New(httptest.NewRequest(http.MethodPut, "/fault?"+row.query, http.NoBody), nil)
		in.Skip("duration")
		faultkind.Read(in, routes)
		err := in.Err()
		if err == nil || !strings.HasPrefix(strings.TrimPrefix(err.Error(), "Bad Request: "), row.want) {
			t.Errorf("%s: %v, want %s", row.query, err, row.want)
		}
	}
}

func TestEachParameterIsRead(t *testing.T) {
	seed := int64(9)
	bursts := &faultkind.Bursts{On: time.Second, Off: 1500 * time.Millisecond}
	for query, want := range map[string]faultkind.Spec{
		"kind=latency&value=5&seed=9": {Kind: "latency", Value: 5, Distribution: "fixed", Share: 1, Seed: &seed},
		"kind=latency&distribution=normal&value=5&deviation=2&min=1&max=9&share=0.5&route=/a&on=1s&off=1500ms&seed=9": {
			Kind: "latency", Route: "/a", Value: 5, Distribution: "normal", Deviation: 2, Min: 1, Max: 9, Share: 0.5, Bursts: bursts, Seed: &seed},
		"kind=latency&distribution=pareto&value=5&shape=2&seed=9": {
			Kind: "latency", Value: 5, Distribution: "pareto", Shape: 2, Max: 60_000, Share: 1, Seed: &seed},
		"kind=errors&value=0.2&statuses=503,500&seed=9": {Kind: "errors", Value: 0.2, Statuses: []int{503, 500}, Seed: &seed},
		"kind=errors&value=0.2&seed=9":                  {Kind: "errors", Value: 0.2, Statuses: []int{500}, Seed: &seed},
		"kind=truncate&value=0&share=0.5&seed=9":        {Kind: "truncate", Share: 0.5, Seed: &seed},
		"kind=cpu&value=0.5&on=1s&off=1500ms":           {Kind: "cpu", Value: 0.5, Bursts: bursts},
		"kind=stall":                                    {Kind: "stall"},
		"kind=not_ready":                                {Kind: "not_ready"},
	} {
		got := read(t, query)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", query, got, want)
		}
		text, err := json.Marshal(got)
		var back faultkind.Spec
		if err != nil || json.Unmarshal(text, &back) != nil || !reflect.DeepEqual(back, got) {
			t.Errorf("%s: as JSON %s, read again %+v", query, text, back)
		}
	}
}
