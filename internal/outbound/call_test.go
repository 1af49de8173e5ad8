package outbound_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"loadlab/internal/outbound"
	"loadlab/internal/testkit"
)

// A reply that lies in the caller's socket, and the time before the request is
// written, are the caller's own delay; the callee's time is not.
func TestOwnDelayOfACall(t *testing.T) {
	const callee, late = 60 * time.Millisecond, 120 * time.Millisecond
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(callee)
		_, _ = io.WriteString(w, "done")
	}))
	defer server.Close()
	transport := newTransport(t, open(t, "caller", testkit.NewCollector(t)))
	for _, row := range []struct {
		name  string
		first bool // on a new connection
		late  time.Duration
	}{{"on a new connection", true, 0}, {"on a kept one", false, 0}, {"the caller comes late", false, late}} {
		t.Run(row.name, func(t *testing.T) {
			ctx, call := outbound.Measure(t.Context())
			time.Sleep(row.late)
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			reply, err := transport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, reply.Body); err != nil {
				t.Fatal(err)
			}
			reply.Body.Close()
			took, own := call.End()
			if took < callee+row.late {
				t.Errorf("took %v, the callee alone %v", took, callee)
			}
			if away := took - own; own < row.late || away < callee || away > took {
				t.Errorf("took %v, of which %v are the caller's own, which came %v late", took, own, row.late)
			}
		})
	}
}

func TestACallThatWasNotSentHasNoDelay(t *testing.T) {
	_, call := outbound.Measure(t.Context())
	if took, own := call.End(); took < 0 || own != 0 {
		t.Errorf("took %v, own delay %v", took, own)
	}
}
