package prom

import (
	"encoding/json"
	"math"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
)

func TestRequestsThatAreRefused(t *testing.T) {
	e, err := Open(testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, row := range []struct {
		name, path, form string
		code             int
		want             string
	}{
		{"no query", "query", "", 400, `invalid parameter \"query\"`},
		{"a query that is wrong", "query", "query=sum(", 400, `"errorType":"bad_data"`},
		{"a time that is none", "query", "query=1&time=noon", 400, `cannot parse \"noon\"`},
		{"a timeout that is none", "query", "query=1&timeout=soon", 400, `invalid parameter \"timeout\"`},
		{"no time at all", "query", "query=1&timeout=0.000000001", 503, `"errorType":"timeout"`},
		{"a limit that is none", "query", "query=1&limit=-1", 400, `invalid parameter \"limit\"`},
		{"a query that cannot be executed", "query", "query=" + url.QueryEscape(`label_replace(vector(1), "a", "b", "c", "(")`), 422, `"errorType":"execution"`},
		{"a range without bounds", "query_range", "query=1", 400, `invalid parameter \"start\"`},
		{"a range that ends first", "query_range", "query=1&start=2&end=1&step=1", 400, `must not be before start`},
		{"no step", "query_range", "query=1&start=1&end=2&step=0", 400, `invalid parameter \"step\"`},
		{"too many points", "query_range", "query=1&start=0&end=11001&step=1", 400, "11,000 points"},
		{"series of nothing", "series", "", 400, "no match[] parameter"},
		{"series of everything", "series", "match[]=" + url.QueryEscape(`{job=~".*"}`), 400, "non-empty matcher"},
		{"a kind of rule that is none", "rules", "type=other", 400, "alert or record"},
		{"exemplars of nonsense", "query_exemplars", "query=)", 400, "bad_data"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, method := range []string{"GET", "POST"} {
				r := httptest.NewRequest(method, "/api/v1/"+row.path+"?"+row.form, nil)
				if method == "POST" {
					r = httptest.NewRequest(method, "/api/v1/"+row.path, strings.NewReader(row.form))
					r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
				w := httptest.NewRecorder()
				e.Handler().ServeHTTP(w, r)
				if w.Code != row.code || !strings.Contains(w.Body.String(), row.want) {
					t.Errorf("%s: %d %s, want %d with %s", method, w.Code, w.Body, row.code, row.want)
				}
			}
		})
	}
}

// The matrix that is written by hand reads like the one of the types' own marshalers.
func TestEncodeMatrix(t *testing.T) {
	matrix := promql.Matrix{
		{Metric: labels.FromStrings("a", `quote " and é`), Floats: []promql.FPoint{{T: 1500, F: 0.25}, {T: 2000, F: math.Inf(1)}, {T: -1, F: math.NaN()}}},
		{Metric: labels.EmptyLabels()},
		{Metric: labels.FromStrings("b", ""), Floats: []promql.FPoint{{T: 1_767_225_600_001, F: 1e21}}},
	}
	for _, value := range []promql.Matrix{matrix, matrix[:1], {}} {
		got, err := encodeValue(value)
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) && !equalJSON(t, got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// equalJSON compares without regard to how a number is written.
func equalJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Errorf("%v: %s", err, a)
		return false
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(x)
	other, _ := json.Marshal(y)
	return string(again) == string(other)
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1.5": 1500, "1767225600.123": 1_767_225_600_123, "2026-01-01T00:00:00.5Z": 1_767_225_600_500, "-1": -1000,
	} {
		if got, err := parseTime(text); err != nil || got.UnixMilli() != want {
			t.Errorf("%s is %v, %v; want %d ms", text, got, err, want)
		}
	}
	for _, text := range []string{"", "noon", "NaN", "Inf", "1e300"} {
		if got, err := parseTime(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"1": time.Second, "0.5": 500 * time.Millisecond, "1m30s": 90 * time.Second} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "soon", "NaN", "1e300", "Inf"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestServerVersion(t *testing.T) {
	for module, want := range map[string]string{"v0.315.0": "3.15.0", "v0.307.3": "3.7.3", "(devel)": "(devel)"} {
		if got := serverVersion(module); got != want {
			t.Errorf("module %s is server %s, want %s", module, got, want)
		}
	}
}
