package mixed

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"

	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

// parallel makes width pairs of calls, all at once. So the request takes as
// long as the slowest, and that call shows where the time went.
// The first call that fails ends the others.
func parallel(c *callees) web.Work {
	return func(in *input.Reader) web.Do {
		o := readOrder(in)

		return func(ctx context.Context, m *workmeter.Meter) (any, error) {
			var all outcome
			var slowest answer
			err := m.Wait("calls", func() error {
				var mu sync.Mutex // guards all and slowest
				group, ctx := errgroup.WithContext(ctx)
				start := func(do call) {
					group.Go(func() error {
						a, err := do(ctx)
						if err != nil {
							return err
						}
						mu.Lock()
						defer mu.Unlock()
						all.add(a)
						if a.Call.Took > slowest.Call.Took {
							slowest = a
						}
						return nil
					})
				}
				for range o.width {
					start(c.wait(o.wait))
					start(c.spin(o.spin))
				}
				return group.Wait()
			})
			web.Nest(ctx, slowest.Call)
			return all, err
		}
	}
}
