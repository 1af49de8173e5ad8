package integration

import (
	"flag"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"loadlab/internal/testkit"
)

// These hold unless the flags of rapid, or RAPID_SEED and RAPID_CHECKS, say
// otherwise: every run sends the same requests, and is short. Invalid requests
// are refused before they cost anything.
const (
	propertySeed  = "9110"
	validChecks   = "20"
	invalidChecks = "250"
)

// TestGeneratedRequestsFollowTheDocument sends requests that are drawn from the
// document. A valid one must not be refused as invalid, an invalid one must be
// answered 4xx; no request may be answered 5xx, and every reply must be in the document.
func TestGeneratedRequestsFollowTheDocument(t *testing.T) {
	testGenerated(t, newContract(t), "/")
}

func TestGeneratedRequestsFollowTheDocumentOnPostgres(t *testing.T) {
	testGenerated(t, newContractOn(t, testkit.StartPostgres(t).URL), "/items")
}

// testGenerated generates requests for the paths with the prefix.
func testGenerated(t *testing.T, c *contract, prefix string) {
	run := newChecker(t)
	for range 20 { // items for the ids that are drawn
		c.try(http.StatusCreated, http.MethodPost, "/items", `{"name":"bolt","quantity":3}`)
	}
	for _, o := range c.operations() {
		if !strings.HasPrefix(o.path, prefix) {
			continue
		}
		t.Run("valid "+o.String(), func(t *testing.T) {
			run.check(t, validChecks, func(t *rapid.T) {
				status := c.follows(t, o, validCall(t, o))
				if slices.Contains([]int{http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType}, status) {
					t.Errorf("status %d for a valid request", status)
				}
			})
		})
		if o.takesAnything() {
			continue
		}
		t.Run("invalid "+o.String(), func(t *testing.T) {
			run.check(t, invalidChecks, func(t *rapid.T) {
				if status := c.follows(t, o, invalidate(t, o, validCall(t, o))); status/100 != 4 {
					t.Errorf("status %d for an invalid request", status)
				}
			})
		})
	}
}

// checker runs properties with our settings where the user gives none.
type checker struct{ ownChecks bool }

func newChecker(t *testing.T) checker {
	t.Helper()
	standard(t, "rapid.seed", "0", propertySeed)
	standard(t, "rapid.shrinktime", "30s", "3s")
	standard(t, "rapid.nofailfile", "false", "true")
	t.Logf("seed %s; RAPID_SEED=1 is another one", flag.Lookup("rapid.seed").Value)
	checks := flag.Lookup("rapid.checks").Value.String()
	return checker{ownChecks: slices.Contains([]string{"100", validChecks, invalidChecks}, checks)}
}

// standard changes a flag that has the value it has by default.
func standard(t *testing.T, name, byDefault, ours string) {
	t.Helper()
	if f := flag.Lookup(name); f.Value.String() == byDefault {
		if err := flag.Set(name, ours); err != nil {
			t.Fatal(err)
		}
	}
}

// check has rapid check the property so often.
func (c checker) check(t *testing.T, checks string, property func(*rapid.T)) {
	t.Helper()
	if c.ownChecks {
		if err := flag.Set("rapid.checks", checks); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, property)
}

// follows sends a request, checks the reply and returns its status.
func (c *contract) follows(t *rapid.T, o operation, with call) int {
	request := c.requestOf(o, with)
	response, text, differences := c.exchange(request)
	if response.StatusCode >= http.StatusInternalServerError {
		t.Errorf("%s: %s", response.Status, text)
	}
	// "default" is for refusals that any route may give; what the routes of the items give themselves is named.
	if status := strconv.Itoa(response.StatusCode); len(o.statuses) > 1 && !slices.Contains(o.statuses, status) {
		t.Errorf("%s is not in the document, which has %v", status, o.statuses)
	}
	for _, line := range differences {
		t.Errorf("%s", line)
	}
	if t.Failed() {
		t.Logf("%s %s %v %q: %s %s", request.Method, request.URL.RequestURI(), request.Header, with.body, response.Status, text)
	}
	return response.StatusCode
}
