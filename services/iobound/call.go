package iobound

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"loadlab/internal/web"
	"loadlab/internal/workmeter"
)

type called struct {
	Hops   int             `json:"hops"`
	Result json.RawMessage `json:"callee"` // the callee's reply
}

// maxReply bounds what is read of a callee's reply.
const maxReply = 64 << 10

// call asks the service at self, through the network, to wait for ms: directly
// for one hop, else by calling itself again with one hop less. The address is
// fixed when the service starts.
func call(self string, client *http.Client) web.Work {
	return func(in *web.Input) web.Do {
		hops := in.Int("hops", 1, 1, 8)
		d := in.Millis("ms", 50*time.Millisecond, 0, time.Minute)

		return func(ctx context.Context, m *workmeter.Meter) (any, error) {
			target := self + "/io/wait?" + arguments(0, d)
			if hops > 1 {
				target = self + "/io/call?" + arguments(hops-1, d)
			}
			result := called{Hops: hops}
			err := m.Wait("call", func() (err error) {
				result.Result, err = get(ctx, client, target)
				return err
			})
			return result, err
		}
	}
}

func arguments(hops int, d time.Duration) string {
	values := url.Values{"ms": {strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', -1, 64)}}
	if hops > 0 {
		values.Set("hops", strconv.Itoa(hops))
	}
	return values.Encode()
}

func get(ctx context.Context, client *http.Client, target string) (json.RawMessage, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("call itself: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("call itself: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxReply))
	if err != nil {
		return nil, fmt.Errorf("read callee's reply: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, web.NewProblem(http.StatusBadGateway, "the callee answered "+response.Status)
	}
	return body, nil
}
