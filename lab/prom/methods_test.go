package prom

import (
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
