package mixed

import (
	"context"
	"time"

	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

// order is what every route of the service is asked for.
type order struct {
	wait  time.Duration // of each wait
	spin  time.Duration // CPU time of each computation
	width int           // pairs of the two
}

func readOrder(in *input.Reader) order {
	return order{
		wait:  in.Millis("io_ms", 50*time.Millisecond, 0, time.Minute),
		spin:  in.Millis("cpu_ms", 10*time.Millisecond, 0, 10*time.Second),
		width: in.Int("width", 1, 1, 64),
	}
}

// sequence makes width pairs of calls, a wait before a computation, one call
// after another. So the request takes the sum of all.
func sequence(c *callees) web.Work {
	return func(in *input.Reader) web.Do {
		o := readOrder(in)

		return func(ctx context.Context, m *workmeter.Meter) (any, error) {
			var all outcome
			var calls web.Call // all of them, as one
			err := m.Wait("calls", func() error {
				for range o.width {
					for _, do := range []call{c.wait(o.wait), c.spin(o.spin)} {
						answer, err := do(ctx)
						if err != nil {
							return err
						}
						all.add(answer)
						calls = plus(calls, answer.Call)
					}
				}
				return nil
			})
			web.Nest(ctx, calls)
			return all, err
		}
	}
}
