package web_test

import (
	"bufio"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"loadlab/internal/arrival"
	"loadlab/internal/telemetry"
	"loadlab/internal/testkit"
	"loadlab/internal/web"
)

// A request that lay in the socket for a while says so everywhere: the time is
// entry, a part of its queue and of its duration.
func TestEntryIsQueue(t *testing.T) {
	testkit.RequireReceiveTimestamps(t)
	collector := testkit.NewCollector(t)
	s := newSurface(t, defaults(), exporting(collector.URL, "always_on"))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener = arrival.Listen(listener)
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sent := time.Now()
	if _, err := io.WriteString(conn, "GET /t/wait?ms=5 HTTP/1.1\r\nHost: test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	const lay = 100 * time.Millisecond
	time.Sleep(lay)
	server := &http.Server{Handler: s.handler}
	arrival.Serve(server)
	go func() { _ = server.Serve(listener) }()
	reply, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	reply.Body.Close()
	whole := time.Since(sent)
	server.Close()

	const least = 95.0      // of the 100 ms, for the sake of clocks
	const rounding = 0.0025 // ms; four figures, each rounded to a microsecond
	work := decode[web.Reply](t, text).Work
	if work.Entry == nil || *work.Entry < least || work.Queue < *work.Entry || work.Wait != 5 ||
		work.Wall > whole.Seconds()*1000+5 || math.Abs(work.Wall-work.CPU-work.Wait-work.Queue) > rounding {
		t.Errorf("split %s", text)
	}
	_, entry, _ := strings.Cut(reply.Header.Get("Server-Timing"), ", entry;dur=")
	if ms, err := strconv.ParseFloat(entry, 64); err != nil || ms != *work.Entry {
		t.Errorf("Server-Timing %q, body %s", reply.Header.Get("Server-Timing"), text)
	}
	samples := testkit.Gather(t, s.Telemetry().Registry)
	if got := samples.Sum("lab_entry_seconds_total", testkit.Labels{"http_route": "/t/wait"}); got < least/1000 {
		t.Errorf("the metric has an entry of %v s", got)
	}
	if got := samples.Sum("lab_work_seconds_total", testkit.Labels{"http_route": "/t/wait", "part": "queue"}); got < least/1000 {
		t.Errorf("the metric has a queue of %v s", got)
	}
	record := s.access()[0]
	if us, ok := record["entry_us"].(float64); !ok || us < least*1000 {
		t.Errorf("record %v", record)
	}
	spans := collector.Spans()
	if len(spans) != 1 {
		t.Fatalf("%d spans", len(spans))
	}
	if seconds, err := strconv.ParseFloat(spans[0].Attrs["lab.entry_seconds"], 64); err != nil || seconds < least/1000 {
		t.Errorf("span attributes %v", spans[0].Attrs)
	}
}

func TestUnknownEntryIsLeftOut(t *testing.T) {
	s := newSurface(t, defaults(), telemetry.Config{})
	reply := s.get("/t/wait?ms=0")
	if text := reply.Body.String() + reply.Header().Get("Server-Timing"); strings.Contains(text, "entry") {
		t.Errorf("an entry without a time of receipt: %s", text)
	}
}
