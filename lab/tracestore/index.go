package tracestore

import (
	"cmp"
	"maps"
	"slices"
)

// operation identifies what a span is of.
type operation struct {
	service string
	name    string
	kind    string // server, client, internal, producer, consumer; empty if unspecified
}

// index counts the stored spans of each operation, so that the lists name
// nothing that cannot be found any more.
type index map[operation]int

func (i index) add(o operation) { i[o]++ }

func (i index) remove(o operation) {
	if i[o]--; i[o] == 0 {
		delete(i, o)
	}
}

// Services returns the names of the services that have spans here, sorted.
func (s *Store) Services() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := map[string]bool{}
	for o := range s.index {
		names[o.service] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// Operation is a name and kind of spans that a service has.
type Operation struct {
	Name string `json:"name"`
	Kind string `json:"spanKind"`
}

// Operations returns what a service's spans of kind are called, sorted; every
// kind if kind is empty.
func (s *Store) Operations(service, kind string) []Operation {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := []Operation{}
	for o := range s.index {
		if o.service == service && (kind == "" || o.kind == kind) {
			found = append(found, Operation{Name: o.name, Kind: o.kind})
		}
	}
	slices.SortFunc(found, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	})
	return found
}
