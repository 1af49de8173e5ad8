package items_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"loadlab/internal/web/problem"
	"loadlab/services/items"
)

func (s *service) patch(item items.Item, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.do("PATCH", path(item), body, append([]string{"Content-Type", "application/merge-patch+json"}, headers...)...)
}

// RFC 7396 on an item, {"id":ID,"name":"bolt","quantity":1,"version":1}.
func testPatch(t *testing.T, s *service) {
	for _, row := range []struct {
		name, patch string
		want        items.Item // apart from its id
	}{
		{"one field", `{"name":"nut"}`, items.Item{Fields: items.Fields{Name: "nut", Quantity: 1}, Version: 2}},
		{"the other field", `{"quantity":7e1}`, items.Item{Fields: items.Fields{Name: "bolt", Quantity: 70}, Version: 2}},
		{"both fields", ` {"quantity":0,"name":"nut"}`, items.Item{Fields: items.Fields{Name: "nut"}, Version: 2}},
		{"no field", `{}`, items.Item{Fields: items.Fields{Name: "bolt", Quantity: 1}, Version: 1}},
		{"what it is", `{"name":"bolt","version":1}`, items.Item{Fields: items.Fields{Name: "bolt", Quantity: 1}, Version: 1}},
		{"null removes what is not there", `{"colour":null,"name":"nut"}`, items.Item{Fields: items.Fields{Name: "nut", Quantity: 1}, Version: 2}},
	} {
		t.Run(row.name, func(t *testing.T) {
			item := s.create("bolt")
			reply := s.patch(item, row.patch)
			row.want.ID = item.ID
			if got := decode[items.Item](t, reply); reply.Code != http.StatusOK || got != row.want {
				t.Errorf("status %d, item %+v, want %+v", reply.Code, got, row.want)
			}
			if got := decode[items.Item](t, s.do("GET", path(item), "")); got != row.want {
				t.Errorf("then it is %+v, want %+v", got, row.want)
			}
		})
	}
}

func TestBadPatch(t *testing.T) {
	s := newService(t, defaults(sqliteURL(t)))
	for _, row := range []struct {
		name, patch, media string
		status             int
		parameters         string // that the reply names, separated by spaces
	}{
		{name: "null removes a field that an item must have", patch: `{"name":null,"quantity":null}`, status: 422, parameters: "name quantity"},
		{name: "a value that is no quantity", patch: `{"quantity":"7"}`, status: 422, parameters: "quantity"},
		{name: "an object instead of a name", patch: `{"name":{"first":"a"}}`, status: 422, parameters: "name"},
		{name: "a field that an item does not have", patch: `{"colour":"red"}`, status: 422, parameters: "colour"},
		{name: "an empty object in such a field", patch: `{"colour":{"hue":null}}`, status: 422, parameters: "colour"},
		{name: "another id", patch: `{"id":99}`, status: 422, parameters: "id"},
		{name: "no version", patch: `{"version":null}`, status: 422, parameters: "version"},
		{name: "a patch that is a list", patch: `[{"op":"remove","path":"/name"}]`, status: 422},
		{name: "a patch that is null", patch: ` null `, status: 422},
		{name: "a field twice", patch: `{"name":"a","name":"b"}`, status: 400, parameters: "name"},
		{name: "no JSON", patch: `{"name":`, status: 400},
		{name: "half a list", patch: `[1`, status: 400},
		{name: "not UTF-8", patch: "{\"name\":\"\xff\"}", status: 400},
		{name: "too large", patch: `{"name":"` + strings.Repeat("a", 10<<10) + `"}`, status: 413},
		{name: "JSON", patch: `{"name":"nut"}`, media: "application/json", status: 415},
		{name: "JSON Patch", patch: `[]`, media: "application/json-patch+json", status: 415},
		{name: "no media type", patch: `{}`, media: "none", status: 415},
	} {
		t.Run(row.name, func(t *testing.T) {
			item := s.create("bolt")
			media := row.media
			if media == "" {
				media = "application/merge-patch+json"
			}
			reply := s.do("PATCH", path(item), row.patch, "Content-Type", media)
			if reply.Code != row.status || reply.Header().Get("Content-Type") != "application/problem+json" {
				t.Fatalf("status %d, want %d, body %s", reply.Code, row.status, reply.Body)
			}
			if got := reply.Header().Get("Accept-Patch"); row.status == 415 && got != "application/merge-patch+json" {
				t.Errorf("415 with Accept-Patch %q", got)
			}
			var named []string
			for _, violation := range decode[problem.Problem](t, reply).Errors {
				named = append(named, violation.Parameter)
			}
			if got := strings.Join(named, " "); got != row.parameters {
				t.Errorf("the reply names %q, want %q: %s", got, row.parameters, reply.Body)
			}
			if got := decode[items.Item](t, s.do("GET", path(item), "")); got != item {
				t.Errorf("the item is now %+v", got)
			}
		})
	}
}

// Patches of different fields at once are all applied: each is merged into the item that it replaces.
func testPatchesAtOnce(t *testing.T, s *service) {
	for round := range 10 {
		item := s.create("bolt")
		for _, reply := range atOnce(2, func(i int) *httptest.ResponseRecorder {
			return s.patch(item, []string{`{"name":"nut"}`, `{"quantity":9}`}[i])
		}) {
			if reply.Code != http.StatusOK {
				t.Errorf("status %d, body %s", reply.Code, reply.Body)
			}
		}
		want := items.Item{ID: item.ID, Fields: items.Fields{Name: "nut", Quantity: 9}, Version: 3}
		if got := decode[items.Item](t, s.do("GET", path(item), "")); got != want {
			t.Fatalf("round %d: %+v, want %+v", round, got, want)
		}
	}
}

func TestOptionsOfAnItem(t *testing.T) {
	s := newService(t, defaults(sqliteURL(t)))
	reply := s.do("OPTIONS", "/items/1", "")
	if got := reply.Header().Get("Accept-Patch"); reply.Code != http.StatusNoContent || got != "application/merge-patch+json" {
		t.Errorf("status %d, Accept-Patch %q", reply.Code, got)
	}
	allowed := strings.Split(reply.Header().Get("Allow"), ", ")
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		if !slices.Contains(allowed, method) {
			t.Errorf("Allow is %v, without %s", allowed, method)
		}
	}
	if got := s.do("OPTIONS", "/items", "").Header().Get("Accept-Patch"); got != "" {
		t.Errorf("the collection says Accept-Patch %q", got)
	}
}

// The router takes what follows an id for a part of it; to every method it is no route.
func TestNothingIsBelowAnItem(t *testing.T) {
	s := newService(t, defaults(sqliteURL(t)))
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
		if reply := s.do(method, "/items/1/parts", ""); reply.Code != http.StatusNotFound || reply.Header().Get("Allow") != "" {
			t.Errorf("%s: status %d, headers %v", method, reply.Code, reply.Header())
		}
	}
}
