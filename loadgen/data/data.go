// Package data gives requests the rows of a file.
package data

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"

	"loadlab/loadgen/target"
)

// Order is which row the next request takes.
type Order string

// The orders.
const (
	Sequential Order = "sequential" // one after the other, then from the first again
	Random     Order = "random"     // any, each as likely as the others
	Unique     Order = "unique"     // one after the other, each once
)

// A Source gives out the rows of a file. Many goroutines may use it.
type Source struct {
	file  *File
	order Order
	next  atomic.Uint64
}

// NewSource returns a source of the rows in the order.
func NewSource(file *File, order Order) *Source { return &Source{file: file, order: order} }

// Next returns the row for the next request; ok is false if there is none left.
func (s *Source) Next() (row target.Row, ok bool) {
	n := uint64(len(s.file.rows))
	var at uint64
	switch s.order {
	case Random:
		at = rand.Uint64N(n)
	case Unique:
		if at = s.next.Add(1) - 1; at >= n {
			return target.Row{}, false
		}
	default:
		at = (s.next.Add(1) - 1) % n
	}
	return target.Row{Columns: s.file.columns, Values: s.file.rows[at]}, true
}

// Check returns why the rows cannot fill t.
func (s *Source) Check(t *target.Target) error {
	var errs []error
	needed := t.Columns()
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		at, known := s.file.columns[name]
		if !known {
			errs = append(errs, fmt.Errorf("target %q: the data has no column %q; it has %s", t.Name, name, strings.Join(s.file.names(), ", ")))
			continue
		}
		if !needed[name] { // not in a header
			continue
		}
		for i, row := range s.file.rows {
			if strings.ContainsFunc(row[at], func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				errs = append(errs, fmt.Errorf("target %q: column %q cannot be in a header, because its row %d has a control character", t.Name, name, i+1))
				break
			}
		}
	}
	return errors.Join(errs...)
}
