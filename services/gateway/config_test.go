package gateway

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"loadlab/internal/env"
	"loadlab/internal/web/openapi"
)

func TestConfigurationThatCannotBeUsed(t *testing.T) {
	for _, row := range []struct{ name, variable, value, want string }{
		{"an address with a query", "IOBOUND_URL", "http://host/path?ms=1", "not a base URL"},
		{"an address with a user", "ITEMS_URL", "http://a:b@host", "not a base URL"},
		{"an address without a scheme", "CPUBOUND_URL", "localhost:8082", "not a base URL"},
		{"another scheme", "MIXED_URL", "ftp://host", "not a base URL"},
		{"a retry of what is no failure", "RETRY_STATUSES", "503,404", "allowed: 500 to 599"},
		{"a budget without a duration", "ROUTE_TIMEOUTS", "/io/wait", "not of the form"},
		{"a budget with a plus", "ROUTE_TIMEOUTS", "/io/wait=+2s", "not of the form"},
		{"a budget that is too long", "ROUTE_TIMEOUTS", "/io/wait=2s;/io/disk=1h", `"/io/disk=1h"`},
		{"more than every failure", "BREAKER_FAILURE_RATIO", "1.5", "too large"},
	} {
		t.Run(row.name, func(t *testing.T) {
			err := env.Parse(func(name string) string {
				if name == row.variable {
					return row.value
				}
				return ""
			}, &Config{})
			if err == nil || !strings.Contains(err.Error(), row.variable) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want %s and %q", err, row.variable, row.want)
			}
		})
	}
}

func TestABudgetNeedsItsRoute(t *testing.T) {
	doc, err := openapi.Read()
	if err != nil {
		t.Fatal(err)
	}
	if err := checkRouteBudgets(routeBudgets{"/io/wait": 1, "/items/{id}": 1, "/io/{name}": 1}, doc); err != nil {
		t.Error(err)
	}
	err = checkRouteBudgets(routeBudgets{"/io/nowhere": 1}, doc)
	if err == nil || !strings.Contains(err.Error(), `ROUTE_TIMEOUTS="/io/nowhere"`) {
		t.Errorf("got %v", err)
	}
}

func TestEveryRouteOfTheDocumentIsServed(t *testing.T) {
	doc, err := openapi.Read()
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(doc.JSON) {
		t.Error("the JSON form is not JSON")
	}
	own := []string{"/", "/openapi.json", "/openapi.yaml"}
	for _, r := range doc.Routes {
		served := slices.Contains(own, r.Path)
		for _, g := range groups(Config{}) {
			served = served != g.has(r.Path)
		}
		if !served {
			t.Errorf("%s belongs to none of the groups or to several", r.Path)
		}
		if len(r.Methods) == 0 || r.Summary == "" {
			t.Errorf("%s has the methods %v and the summary %q", r.Path, r.Methods, r.Summary)
		}
	}
	for path, want := range map[string]string{"/items/{id}": "/items/:id", "/io/{name}": "/io/*", "/": "/"} {
		if got := (openapi.Route{Path: path}).Template(); got != want {
			t.Errorf("%s is %s for the router, want %s", path, got, want)
		}
	}
}
