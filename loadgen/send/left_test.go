package send

import (
	"net"
	"testing"
	"time"

	"loadlab/loadgen/clock"
	"loadlab/loadgen/record"
	"loadlab/loadgen/target"
)

// A pacer that is stopped between taking an idle worker and sending leaves a worker that is busy
// with a request that its connection never got.
func TestAConnectionEndsBeforeItsRequestIsSent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	list, err := target.Parse("GET http://" + listener.Addr().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	s := New(Config{
		Shards: 1, Hosts: 1, Targets: 1, KeepAlive: true,
		Follow: func(*Shard, *User, record.Outcome, int64, *Job) bool { return false },
	}, clock.New())
	s.SetTimeout(time.Minute)
	defer s.End()
	shard := s.Shards[0]
	shard.Open(1)
	settle := func() {
		t.Helper()
		for late := time.Now().Add(30 * time.Second); s.Counts().Outstanding > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(late) {
				t.Fatalf("after 30 s: %+v", s.Counts())
			}
		}
	}

	endpoint := &Endpoint{Target: list[0]}
	shard.Submit(Job{Endpoint: endpoint})
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	settle()

	l := shard.lock()
	late := l.assign(Job{Endpoint: endpoint}, s.clock.Now())
	shard.unlock()
	conn.Close()
	settle()
	late.run()
	if c := s.Counts(); late.conn == nil || c.InFlight != 0 || c.Connections != 0 {
		t.Errorf("counts %+v after the end of the only connection", c)
	}
	s.Collect(NewSets(1), func(i int, set *record.Set) {
		if got := set.Targets[0].Outcomes; i == Reported && (got[record.OK] != 1 || got[record.ConnectError] != 1) {
			t.Errorf("outcomes %v, want 1 ok and 1 connect_error", got)
		}
	})
}
