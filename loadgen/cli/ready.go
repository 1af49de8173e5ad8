package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"loadlab/internal/app"
)

const (
	readyPoll   = 200 * time.Millisecond
	readyRepeat = 10 * time.Second // between two messages about the same wait
	readyLimit  = time.Minute
)

// awaitReady blocks until each of the URLs has answered 200. A service that
// stays away does not keep the load from the others: after a minute the run
// starts without it, and measures that.
func (c Command) awaitReady(ctx context.Context, urls []string) {
	limited, cancel := context.WithTimeoutCause(ctx, readyLimit, errors.New("starting without it"))
	defer cancel()
	for _, url := range urls {
		c.await(limited, url)
	}
}

func (c Command) await(ctx context.Context, url string) {
	said := time.Now()
	for {
		err := app.CheckURL(ctx, url)
		if err == nil {
			return
		}
		if time.Since(said) >= readyRepeat {
			said = time.Now()
			fmt.Fprintf(c.Stderr, "loadgen: waiting for %s: %v\n", url, err)
		}
		select {
		case <-ctx.Done():
			fmt.Fprintf(c.Stderr, "loadgen: %s is not ready: %v\n", url, context.Cause(ctx))
			return
		case <-time.After(readyPoll):
		}
	}
}
