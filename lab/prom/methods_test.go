package prom

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"loadlab/internal/testkit"
)

func TestMethods(t *testing.T) {
	e, err := Open(testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var all []testkit.Resource
	for _, target := range []string{
		"query?query=1", "query_range?query=1&start=1&end=2&step=1", "query_exemplars?query=a&start=1&end=2", "format_query?query=1",
		"series?match[]=up", "labels", "label/job/values", "targets", "metadata", "rules", "alerts", "status/buildinfo",
	} {
		all = append(all, testkit.Resource{Target: "/api/v1/" + target, Methods: []string{"GET", "POST"}})
	}
	for _, target := range []string{"/metrics", "/-/ready", "/-/healthy"} {
		all = append(all, testkit.Resource{Target: target, Methods: []string{"GET"}})
	}
	testkit.CheckMethods(t, e.Handler(), all...)
}

// The time to parse a query grows with the square of its depth.
func TestQueriesAreBounded(t *testing.T) {
	_, url := client(t, start(t, testConfig(t)))
	for text, want := range map[string]int{
		"1" + strings.Repeat(" ", 8<<10-1): http.StatusOK, "1" + strings.Repeat(" ", 8<<10): http.StatusBadRequest, strings.Repeat("1", 64<<10): http.StatusRequestEntityTooLarge,
	} {
		reply, err := http.Post(url+"/api/v1/query", "application/x-www-form-urlencoded", strings.NewReader("query="+strings.ReplaceAll(text, " ", "+")))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		if err != nil || reply.StatusCode != want {
			t.Errorf("a query of %d bytes: %s, %v %.200s; want %d", len(text), reply.Status, err, body, want)
		}
	}
}
