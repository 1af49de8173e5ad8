package web

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func begun(parent context.Context, d time.Duration) *budget {
	b := &budget{}
	b.begin(parent, d)
	return b
}

func TestBudgetEnds(t *testing.T) {
	type key struct{}
	for _, row := range []struct {
		name string
		end  func(b *budget, leave context.CancelFunc)
		want error
	}{
		{"at its deadline", func(*budget, context.CancelFunc) { time.Sleep(time.Second) }, context.DeadlineExceeded},
		{"when the client leaves", func(_ *budget, leave context.CancelFunc) { leave() }, context.Canceled},
		{"with the request", func(b *budget, _ context.CancelFunc) { b.end() }, context.Canceled},
	} {
		for _, waited := range []bool{false, true} {
			t.Run(row.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client, leave := context.WithCancel(context.WithValue(t.Context(), key{}, "trace"))
					defer leave()
					b := begun(client, time.Second)
					if waited {
						b.Done()
					}
					if b.Err() != nil || b.Value(key{}) != "trace" {
						t.Errorf("at first: error %v, value %v", b.Err(), b.Value(key{}))
					}
					derived, cancel := context.WithCancel(b)
					defer cancel()
					row.end(b, leave)
					select {
					case <-b.Done():
					case <-time.After(time.Minute):
						t.Fatal("it is not done")
					}
					<-derived.Done()
					if !errors.Is(b.Err(), row.want) || !errors.Is(context.Cause(b), row.want) {
						t.Errorf("error %v, cause %v, want %v", b.Err(), context.Cause(b), row.want)
					}
				})
			})
		}
	}
}

func TestBudgetWithoutAWaiterHasNoTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, leave := context.WithCancel(t.Context())
		defer leave()
		b := begun(client, time.Second)
		defer b.end()
		if b.DoneWithin(time.Millisecond) != client.Done() || b.timed != nil {
			t.Error("a short wait made a timer")
		}
		<-b.DoneWithin(time.Minute)
		if !errors.Is(b.Err(), context.DeadlineExceeded) {
			t.Errorf("a long wait ended with %v", b.Err())
		}
	})
}

func TestBudgetIsTheCallersIfThatIsLess(t *testing.T) {
	caller, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	want, _ := caller.Deadline()
	if got, ok := begun(caller, time.Hour).Deadline(); !ok || !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
