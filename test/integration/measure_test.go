// Package integration runs the real programs and holds them to what the project promises.
package integration

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/internal/web"
)

// tries is how often a whole measurement is made before a promise counts as
// broken. The promises are about what a service can do; other programs on the
// machine can only make a measurement worse. The bounds themselves stay.
const tries = 5

// holds fails the test unless measure returns nil in one of several tries.
func holds(t *testing.T, measure func() error) {
	t.Helper()
	var err error
	for range tries {
		if err = measure(); err == nil {
			return
		}
		t.Logf("measured again: %v", err)
	}
	t.Errorf("in %d tries: %v", tries, err)
}

// caller is a client with one connection, lean enough to leave the processors
// to the service that is measured.
type caller struct {
	connection net.Conn
	reader     *bufio.Reader
	host       string
}

// callers opens n connections to p before anything is measured.
func callers(t *testing.T, p *testkit.Process, n int) []*caller {
	t.Helper()
	all := make([]*caller, n)
	for i := range all {
		host := strings.TrimPrefix(p.URL, "http://")
		connection, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { connection.Close() })
		all[i] = &caller{connection: connection, reader: bufio.NewReader(connection), host: host}
	}
	return all
}

// get sends one request and returns the reply to it, which must be 200.
func (c *caller) get(target string) (web.Reply, error) {
	if _, err := fmt.Fprintf(c.connection, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", target, c.host); err != nil {
		return web.Reply{}, err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return web.Reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return web.Reply{}, err
	}
	if response.StatusCode != http.StatusOK {
		return web.Reply{}, fmt.Errorf("%s: %s", response.Status, body)
	}
	var reply web.Reply
	return reply, json.Unmarshal(body, &reply)
}

// loop has every caller send target n times, one after the other, beginning
// spread over stagger, and returns all replies and the time for all.
func loop(all []*caller, n int, stagger time.Duration, target string) ([]web.Reply, time.Duration, error) {
	type outcome struct {
		replies []web.Reply
		err     error
	}
	outcomes := make(chan outcome, len(all))
	began := time.Now()
	for i, c := range all {
		go func() {
			time.Sleep(stagger * time.Duration(i) / time.Duration(len(all)))
			var o outcome
			for range n {
				reply, err := c.get(target)
				o.replies, o.err = append(o.replies, reply), errors.Join(o.err, err)
			}
			outcomes <- o
		}()
	}
	var replies []web.Reply
	var err error
	for range all {
		o := <-outcomes
		replies, err = append(replies, o.replies...), errors.Join(err, o.err)
	}
	return replies, time.Since(began), err
}

// median of what part returns of the replies.
func median(replies []web.Reply, part func(web.Spent) float64) float64 {
	values := make([]float64, len(replies))
	for i, reply := range replies {
		values[i] = part(reply.Work)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func cpu(s web.Spent) float64   { return s.CPU }
func wait(s web.Spent) float64  { return s.Wait }
func queue(s web.Spent) float64 { return s.Queue }
func wall(s web.Spent) float64  { return s.Wall }

// cores is how many requests of the service can compute at once.
func cores(t *testing.T, p *testkit.Process) int {
	t.Helper()
	n := int(testkit.Metrics(t, p.AdminURL+"/metrics").Sum("lab_compute_cores", nil))
	if n < 1 {
		t.Fatal("the service does not say how many requests can compute at once")
	}
	return n
}
