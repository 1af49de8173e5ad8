package loadgen_test

import (
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
	"loadlab/loadgen"
	"loadlab/loadgen/pace"
	"loadlab/loadgen/plan"
)

func say(parts ...string) func(net.Conn) {
	return func(conn net.Conn) {
		for _, part := range parts {
			if _, err := io.WriteString(conn, part); err != nil {
				return
			}
		}
	}
}

func endless(head, text string) func(net.Conn) {
	text = strings.Repeat(text, 1000)
	return func(conn net.Conn) {
		_, err := io.WriteString(conn, head)
		for err == nil {
			_, err = io.WriteString(conn, text)
		}
	}
}

func drip(conn net.Conn) {
	for range 10_000 {
		if _, err := io.WriteString(conn, "H"[:1]); err != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func reset(conn net.Conn) {
	_ = conn.(*net.TCPConn).SetLinger(0)
}

func hang(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// Whatever a server does costs a counted error, and little memory or time.
func TestHostileServers(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\n"
	for _, row := range []struct {
		name    string
		answer  func(net.Conn)
		outcome string
	}{
		{"endless header fields", endless(ok, "A: b\r\n"), "protocol_error"},
		{"endless line", endless(ok, "aaaaaaaaa"), "protocol_error"},
		{"endless chunk size", endless(ok+"Transfer-Encoding: chunked\r\n\r\n", "1"), "protocol_error"},
		{"endless body", endless(ok+"\r\n", "hello"), "timeout"},
		{"bad chunks", say(ok, "Transfer-Encoding: chunked\r\n\r\n", "zz\r\n"), "protocol_error"},
		{"half a head", say("HTTP/1.1 20"), "protocol_error"},
		{"half a body", say(ok, "Content-Length: 10\r\n\r\nabc"), "protocol_error"},
		{"another protocol", say("220 mail.example ESMTP\r\n\r\n"), "protocol_error"},
		{"nothing", say(), "connect_error"},
		{"a reset", reset, "connect_error"},
		{"a drip", func(conn net.Conn) { _, _ = io.WriteString(conn, ok+"A: "); drip(conn) }, "timeout"},
		{"silence", hang, "timeout"},
	} {
		for _, loop := range []plan.Loop{plan.Open, plan.Closed} {
			t.Run(row.name+", "+string(loop), func(t *testing.T) {
				t.Parallel()
				cfg := one(plan.Phase{
					Name: "hostile", Loop: loop, Rate: 40, Arrivals: pace.Even, Concurrency: 4, Duration: 250 * time.Millisecond,
					Targets: targets(t, "GET http://"+testkit.Misbehave(t, row.answer)+"/"),
				})
				cfg.Timeout = 200 * time.Millisecond
				began := time.Now()
				r := run(t, cfg)
				if took := time.Since(began); took > 20*time.Second {
					t.Errorf("the run took %v", took)
				}
				// On a busy machine an answer may be late, which is a timeout too.
				got := r.Targets[0].Outcomes
				late := got["timeout"]
				if row.outcome == "timeout" {
					late = 0
				}
				if got[row.outcome] == 0 || got[row.outcome]+late != r.Completed {
					t.Errorf("outcomes %v of %d, want %s", got, r.Completed, row.outcome)
				}
			})
		}
	}
	t.Cleanup(func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.HeapSys > 256<<20 {
			t.Errorf("the heap has grown to %d MiB", m.HeapSys>>20)
		}
	})
}

func TestRefusedConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	for _, loop := range []plan.Loop{plan.Open, plan.Closed, plan.Batch} {
		r := run(t, one(plan.Phase{
			Name: "refused", Loop: loop, Rate: 50, Arrivals: pace.Even, Concurrency: 2, Count: 5, Duration: 200 * time.Millisecond,
			Targets: targets(t, "GET http://"+listener.Addr().String()+"/"),
		}))
		if r.Completed == 0 || r.Targets[0].Outcomes["connect_error"] != r.Completed {
			t.Errorf("%s: outcomes %v, want connect_error alone", loop, r.Targets[0].Outcomes)
		}
	}
}

// A server that closes each connection after its reply, without saying so, must
// not be asked again silently, and idle connections that it ends cost nothing.
func TestServerThatClosesIdleConnections(t *testing.T) {
	url := "http://" + testkit.Misbehave(t, say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	r := run(t, one(plan.Phase{
		Name: "closing", Loop: plan.Open, Rate: 50, Arrivals: pace.Even, Duration: 500 * time.Millisecond, Targets: targets(t, "GET "+url+"/"),
	}))
	if r.Failed() > 2 || r.Completed != 25 {
		t.Errorf("%d of %d failed, %v", r.Failed(), r.Completed, r.Targets[0].Outcomes)
	}
}

// What the server sends unasked after its reply does not answer the next request.
func TestUnaskedBytesEndTheConnection(t *testing.T) {
	url := "http://" + testkit.Misbehave(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
		hang(conn)
	})
	r := run(t, one(plan.Phase{
		Name: "unasked", Loop: plan.Closed, Concurrency: 2, Duration: 200 * time.Millisecond, Targets: targets(t, "GET "+url+"/"),
	}))
	if r.Targets[0].Status[500] != 0 || r.Targets[0].Outcomes["ok"] != r.Completed {
		t.Errorf("status %v, outcomes %v, want 200 alone", r.Targets[0].Status, r.Targets[0].Outcomes)
	}
}

func TestAccounts(t *testing.T) {
	slow := serve(t, 30*time.Millisecond)
	hung := "http://" + testkit.Misbehave(t, hang)
	for _, row := range []struct {
		name  string
		phase plan.Phase
		url   string
		check func(scheduled, completed, dropped, unfinished uint64) bool
	}{
		{"open, served", plan.Phase{Loop: plan.Open, Rate: 40}, slow, func(s, c, d, u uint64) bool { return s == 20 && c > 0 }},
		{"open, overloaded", plan.Phase{Loop: plan.Open, Rate: 1000}, slow, func(s, c, d, u uint64) bool { return s == 500 && c > 0 && d > 0 }},
		{"open, hung", plan.Phase{Loop: plan.Open, Rate: 100}, hung, func(s, c, d, u uint64) bool { return s == 50 && c+u > 0 && d > 0 }},
		{"poisson", plan.Phase{Loop: plan.Open, Rate: 100, Arrivals: pace.Poisson}, slow, func(s, c, d, u uint64) bool { return s > 20 && s < 90 && c > 0 }},
		{"closed, served", plan.Phase{Loop: plan.Closed, Concurrency: 2}, slow, func(s, c, d, u uint64) bool { return s == c }},
		{"closed beyond the connections", plan.Phase{Loop: plan.Closed, Concurrency: 8}, slow, func(s, c, d, u uint64) bool { return s == c+d && c > 0 }},
		// Eight every 150 ms, of which two are sent; were a drop the end of a loop, two.
		{"closed, most dropped", plan.Phase{Loop: plan.Closed, Concurrency: 8}, hung, func(s, c, d, u uint64) bool { return s >= 20 && d >= 10 }},
		{"closed, hung", plan.Phase{Loop: plan.Closed, Concurrency: 2}, hung, func(s, c, d, u uint64) bool { return s >= 2 && c+u == s }},
		{"batch, hung", plan.Phase{Loop: plan.Batch, Count: 6}, hung, func(s, c, d, u uint64) bool { return s == 6 && c >= 2 }},
		{"stages", plan.Phase{Loop: plan.Open, Stages: []pace.Stage{{Duration: 500 * time.Millisecond, Rate: 200}}}, slow, func(s, c, d, u uint64) bool { return s == 50 }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			phase := row.phase
			phase.Name, phase.Targets = row.name, targets(t, "GET "+row.url+"/a; POST "+row.url+`/b {"seq":{seq}}`)
			if phase.Arrivals == "" {
				phase.Arrivals = pace.Even
			}
			if phase.Loop != plan.Batch && len(phase.Stages) == 0 {
				phase.Duration = 500 * time.Millisecond
			}
			cfg := one(phase)
			cfg.Timeout, cfg.Drain, cfg.MaxConnections = 150*time.Millisecond, 50*time.Millisecond, 2
			if row.url == slow {
				cfg.Drain = time.Second
			}
			r := run(t, cfg) // checks that the sum is right
			if !row.check(r.Scheduled, r.Completed, r.DroppedAll(), r.Unfinished) {
				t.Errorf("scheduled %d, completed %d, dropped %v, unfinished %d", r.Scheduled, r.Completed, r.Dropped, r.Unfinished)
			}
		})
	}
}

func TestAbortLeavesAWholeReport(t *testing.T) {
	abort := make(chan struct{})
	time.AfterFunc(300*time.Millisecond, func() { close(abort) })
	began := time.Now()
	r := run(t, one(plan.Phase{
		Name: "aborted", Loop: plan.Open, Rate: 100, Arrivals: pace.Even, Targets: targets(t, "GET http://"+testkit.Misbehave(t, hang)+"/"),
	}), loadgen.WithAbort(abort))
	if took := time.Since(began); took > 5*time.Second || r.Unfinished == 0 || !r.Interrupted {
		t.Errorf("after %v: unfinished %d, interrupted %v", took, r.Unfinished, r.Interrupted)
	}
}
