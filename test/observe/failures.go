package observe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

const (
	failedAtOnce  = 600 // more than the gateway lets through to one service
	failedWaitsMS = 1500
)

// CauseFailures makes each kind that a dashboard has a panel for once, at the
// gateway at base: a wrong value, a client that leaves, and more requests at
// once than are let through. Requests that fail are what it wants, and no error.
func CauseFailures(ctx context.Context, base string) error {
	err := ask(ctx, base+"/io/wait?ms=wrong")
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	err = errors.Join(err, ask(short, base+"/cpu/spin?ms=500"))
	var clients sync.WaitGroup
	errs := make([]error, failedAtOnce)
	for i := range errs {
		clients.Go(func() { errs[i] = ask(ctx, fmt.Sprintf("%s/io/wait?ms=%d", base, failedWaitsMS)) })
	}
	clients.Wait()
	return errors.Join(append(errs, err)...)
}

// ask sends a request whose reply does not matter.
func ask(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close() // nothing of it is wanted
	}
	return nil
}
