package iobound

import (
	"context"
	"math/rand/v2"
	"time"

	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

type waited struct {
	Milliseconds float64 `json:"waited_ms"`
	Blocking     bool    `json:"blocking"`
}

// wait waits on a timer for ms, spread evenly over ms*(1±jitter). With blocking
// it sleeps while it holds the process's one event-loop slot, and cannot be
// interrupted, like a synchronous sleep in a single-threaded server.
func wait(loop *web.EventLoop) web.Work {
	return func(in *input.Reader) web.Do {
		d := in.Millis("ms", 50*time.Millisecond, 0, time.Minute)
		jitter := in.Float("jitter", 0, 0, 1)
		blocking := in.Bool("blocking", false)

		return func(ctx context.Context, m *workmeter.Meter) (any, error) {
			d := time.Duration(float64(d) * (1 + jitter*(2*rand.Float64()-1)))
			result := waited{Milliseconds: float64(d) / float64(time.Millisecond), Blocking: blocking}
			if blocking {
				return result, loop.Run(ctx, m, func() error { return m.Block(d) })
			}
			return result, m.Sleep(ctx, d)
		}
	}
}
