package iobound

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"loadlab/internal/outbound"
	"loadlab/internal/web"
	"loadlab/internal/web/input"
	"loadlab/internal/workmeter"
)

type called struct {
	Hops   int             `json:"hops"`
	Result json.RawMessage `json:"callee"` // the callee's reply
}

// call asks the service itself, through the network, to wait for ms: directly
// for one hop, else by calling itself again with one hop less.
func call(self *outbound.Client) web.Work {
	return func(in *input.Reader) web.Do {
		hops := in.Int("hops", 1, 1, 8)
		d := in.Millis("ms", 50*time.Millisecond, 0, time.Minute)

		return func(ctx context.Context, m *workmeter.Meter) (any, error) {
			path, args := "/io/wait", arguments(0, d)
			if hops > 1 {
				path, args = "/io/call", arguments(hops-1, d)
			}
			var reply outbound.Reply
			err := m.Wait("call", func() (err error) {
				reply, err = self.Get(ctx, path, args)
				return err
			})
			web.Nest(ctx, reply.Call)
			return called{Hops: hops, Result: reply.Body}, err
		}
	}
}

func arguments(hops int, d time.Duration) url.Values {
	values := url.Values{"ms": {strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', -1, 64)}}
	if hops > 0 {
		values.Set("hops", strconv.Itoa(hops))
	}
	return values
}
