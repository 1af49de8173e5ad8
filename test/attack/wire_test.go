package attack

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	connectWithin = 10 * time.Second
	answerWithin  = 20 * time.Second
	// silence is how long a connection is read after a reply, for a second one.
	silence = 250 * time.Millisecond
)

// replies are what a listener sends back on one connection.
type replies struct {
	statuses []int
	first    http.Header
	body     string // of the first
	raw      []byte
	open     bool // nothing has come, and the connection was not closed
}

// status is that of the first reply, 0 if the connection was closed without one,
// -1 if nothing has happened.
func (r replies) status() int {
	switch {
	case len(r.statuses) > 0:
		return r.statuses[0]
	case r.open:
		return -1
	}
	return 0
}

// send writes text on a connection of its own and reads what comes back until
// the listener closes it, or has been silent after the first reply.
func send(t *testing.T, address, text string) replies {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, connectWithin)
	if err != nil {
		t.Error(err)
		return replies{}
	}
	defer conn.Close()
	var wrote sync.WaitGroup
	wrote.Go(func() { _, _ = io.WriteString(conn, text) }) // fails when the listener closes first, which is an answer too
	defer wrote.Wait()
	defer conn.Close()
	var received []byte
	buffer := make([]byte, 64<<10)
	deadline := time.Now().Add(answerWithin)
	for {
		_ = conn.SetReadDeadline(deadline) // only a closed connection has none
		n, err := conn.Read(buffer)
		received = append(received, buffer[:n]...)
		if err != nil {
			r := parse(received, text)
			r.open = len(received) == 0 && errors.Is(err, os.ErrDeadlineExceeded)
			return r
		}
		deadline = time.Now().Add(silence)
	}
}

func parse(received []byte, request string) replies {
	r := replies{raw: received}
	method, _, _ := strings.Cut(request, " ")
	reader := bufio.NewReader(bytes.NewReader(received))
	for {
		reply, err := http.ReadResponse(reader, &http.Request{Method: method})
		if err != nil {
			return r
		}
		body, _ := io.ReadAll(reply.Body) // a body that is cut is not judged
		if reply.StatusCode == http.StatusContinue {
			continue
		}
		if r.statuses == nil {
			r.first, r.body = reply.Header, string(body)
		}
		r.statuses = append(r.statuses, reply.StatusCode)
	}
}

// atOnce runs the attacks sixteen at a time, and waits for all.
func atOnce[T any](all []T, attack func(T)) {
	slots := make(chan struct{}, 16)
	var running sync.WaitGroup
	for _, one := range all {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			attack(one)
		})
	}
	running.Wait()
}
