package send_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"loadlab/loadgen/clock"
	"loadlab/loadgen/record"
	"loadlab/loadgen/send"
	"loadlab/loadgen/target"
)

// rig is a sender of one shard for one target. It keeps what the sender reports.
type rig struct {
	*send.Sender
	t        *testing.T
	endpoint send.Endpoint
	clock    *clock.Clock

	mu      sync.Mutex
	dropped int
	ended   []send.Job
	results []record.Result
	names   []string
	follow  []send.Job // a follower each
}

func newRig(t *testing.T, url string, connections int) *rig {
	t.Helper()
	list, err := target.Parse("GET " + url + "/")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, clock: clock.New(), endpoint: send.Endpoint{Target: list[0]}}
	r.Sender = send.New(send.Config{
		Shards: 1, Hosts: 1, Targets: 1, KeepAlive: true,
		Created: func(name string) { r.note(func() { r.names = append(r.names, name) }) },
		Dropped: func(*send.Shard) { r.note(func() { r.dropped++ }) },
		Ended: func(j send.Job, result record.Result) {
			r.note(func() { r.ended, r.results = append(r.ended, j), append(r.results, result) })
		},
		Follow: func(_ *send.Shard, _ *send.User, _ record.Outcome, now int64, next *send.Job) (ok bool) {
			r.note(func() {
				if ok = len(r.follow) > 0; ok {
					*next, r.follow = r.follow[0], r.follow[1:]
					next.Intended = now
				}
			})
			return ok
		},
	}, r.clock)
	r.SetTimeout(time.Minute)
	r.Shards[0].Open(connections)
	t.Cleanup(r.End)
	return r
}

func (r *rig) note(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

func (r *rig) job(seq uint64) send.Job {
	return send.Job{Endpoint: &r.endpoint, Seq: seq, Intended: r.clock.Now()}
}

// settle waits until nothing is outstanding, ends the sender, then returns the records with the counts
// before the end.
func (r *rig) settle() (*record.Target, send.Counts) {
	r.t.Helper()
	for late := time.Now().Add(time.Minute); r.Counts().Outstanding > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			r.t.Fatalf("after a minute: %+v", r.Counts())
		}
	}
	counts := r.Counts()
	r.End() // every function of the configuration has returned
	var kept *record.Target
	r.Collect(send.NewSets(1), func(i int, set *record.Set) {
		if i == send.Reported {
			t := set.Targets[0]
			kept = &t
		}
	})
	if got := kept.Completed() + kept.DroppedAll() + kept.Outcomes[record.Unfinished]; got != kept.Scheduled {
		r.t.Errorf("scheduled %d, of which %d are accounted for", kept.Scheduled, got)
	}
	if counts.InFlight != 0 {
		r.t.Errorf("%d requests in flight, want 0", counts.InFlight)
	}
	return kept, counts
}

// serve answers 201 after the delay, with the name of what it has created.
func serve(t *testing.T, delay time.Duration) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(delay):
		case <-r.Context().Done(): // the client has gone
		}
		w.Header().Set("Location", "/things/7")
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestJobsShareAConnectionInTheirOrder(t *testing.T) {
	r := newRig(t, serve(t, 5*time.Millisecond), 1)
	for n := range uint64(5) {
		r.Shards[0].Submit(r.job(n))
	}
	if c := r.Counts(); c.Outstanding != 5 || c.Connections != 1 {
		t.Errorf("counts %+v, want 5 outstanding on 1 connection", c)
	}
	if got, _ := r.settle(); got.Scheduled != 5 || got.Outcomes[record.OK] != 5 || got.Status[201] != 5 {
		t.Errorf("scheduled %d, outcomes %v", got.Scheduled, got.Outcomes)
	}
	for i, j := range r.ended {
		if j.Seq != uint64(i) || (r.results[i].Parts[record.Blocked] > 0) != (i > 0) || r.names[i] != "7" {
			t.Errorf("job %d ended as number %d, blocked for %v, created %q", j.Seq, i, r.results[i].Parts[record.Blocked], r.names[i])
		}
	}
}

func TestAFollowerIsSentOnTheConnection(t *testing.T) {
	r := newRig(t, serve(t, 0), 1)
	r.follow = []send.Job{r.job(1), r.job(2)}
	r.Shards[0].Submit(r.job(0))
	if got, counts := r.settle(); got.Outcomes[record.OK] != 3 || counts.Connections != 1 {
		t.Errorf("outcomes %v, counts %+v; want 3 ok on 1 connection", got.Outcomes, counts)
	}
	for _, result := range r.results[1:] {
		if result.Parts[record.Connect] != 0 {
			t.Errorf("a follower has connected for %v", result.Parts[record.Connect])
		}
	}
}

func TestWhatIsPastItsTimeIsEnded(t *testing.T) {
	r := newRig(t, serve(t, time.Minute), 1)
	r.Shards[0].Submit(r.job(0))
	r.Shards[0].Submit(r.job(1))
	for r.Counts().InFlight == 0 {
		time.Sleep(time.Millisecond)
	}
	r.Expire() // nothing is late yet
	if c := r.Counts(); c.Outstanding != 2 {
		t.Fatalf("counts %+v, want 2 outstanding", c)
	}
	r.SetTimeout(time.Nanosecond)
	r.Expire()
	got, _ := r.settle()
	if got.Outcomes[record.Timeout] != 1 || got.Dropped[record.Deadline] != 1 || r.dropped != 1 {
		t.Errorf("outcomes %v, dropped %v, reported %d times; want a timeout and a deadline", got.Outcomes, got.Dropped, r.dropped)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	r := newRig(t, serve(t, time.Minute), 1)
	r.Shards[0].Submit(r.job(0))
	r.Shards[0].Submit(r.job(1))
	r.Close()
	r.Shards[0].Submit(r.job(2))
	got, _ := r.settle()
	if got.Outcomes[record.Unfinished] != 1 || got.Dropped[record.RunEnd] != 2 || r.dropped != 0 {
		t.Errorf("outcomes %v, dropped %v, reported %d times; want 1 unfinished, 2 dropped at the end", got.Outcomes, got.Dropped, r.dropped)
	}
}

// A job that is given to an idle connection while the server ends it is an error of the
// connection: it is neither lost nor sent twice, and never a malformed response.
func TestAJobMeetsTheEndOfItsConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		buf := make([]byte, 4096)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if n, _ := conn.Read(buf); strings.HasSuffix(string(buf[:n]), "\r\n\r\n") {
				_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
			}
			conn.Close()
		}
	}()
	r := newRig(t, "http://"+listener.Addr().String(), 1)
	const jobs = 500
	for n := range uint64(jobs) {
		r.Shards[0].Submit(r.job(n))
		for r.Counts().Outstanding > 0 { // send the next one just as the connection ends
		}
	}
	got, _ := r.settle()
	if got.Outcomes[record.OK]+got.Outcomes[record.ConnectError] != jobs || got.Outcomes[record.OK] == 0 || len(r.ended) != jobs {
		t.Errorf("outcomes %v, %d jobs reported; want %d ok or connect_error", got.Outcomes, len(r.ended), jobs)
	}
	t.Logf("outcomes %v", got.Outcomes)
}
