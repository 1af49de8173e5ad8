package yardstick

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestVariation(t *testing.T) {
	even := make([]time.Duration, 1001)
	pairs := make([]time.Duration, 1001) // two at once, then a gap: standard deviation = mean
	for i := range even {
		even[i] = time.Duration(i) * time.Millisecond
		pairs[i] = time.Duration(i/2) * 2 * time.Millisecond
	}
	for name, row := range map[string]struct {
		times []time.Duration
		want  float64
	}{"even": {even, 0}, "pairs": {pairs, 1}} {
		if got := variation(row.times); math.Abs(got-row.want) > .01 {
			t.Errorf("%s: variation %v, want %v", name, got, row.want)
		}
	}
	if got := variation(even[:3]); !math.IsNaN(got) && got != 0 {
		t.Errorf("variation of three times is %v", got)
	}
}

func TestServerCountsAndHolds(t *testing.T) {
	s, err := serve()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	const delay = 3 * time.Millisecond
	s.reset(delay, true)
	client := &http.Client{Transport: &http.Transport{}}
	for range 5 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url(), nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(body) != "ok" {
			t.Fatalf("body %q, %v", body, err)
		}
	}
	seen := s.seen()
	if seen.requests != 5 || len(seen.arrivals) != 5 || len(seen.holds) != 5 {
		t.Fatalf("seen %+v, want 5 requests", seen)
	}
	for i, held := range seen.holds {
		if held < delay {
			t.Errorf("request %d was held for %v, want at least %v", i, held, delay)
		}
	}
	if again := s.seen(); again.requests != 0 {
		t.Errorf("%d requests are left after they were taken", again.requests)
	}
}

func TestServerAnswersWhatComesInPiecesOrTogether(t *testing.T) {
	s, err := serve()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	conn, err := net.Dial("tcp", s.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHos")
	fmt.Fprint(conn, "t: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
	reader := bufio.NewReader(conn)
	for i := range 2 {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatalf("reply %d: %v", i, err)
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil {
			t.Fatalf("reply %d: %v", i, err)
		}
	}
}

func TestBounds(t *testing.T) {
	for name, row := range map[string]struct {
		b    bound
		want string
	}{
		"at the limit": {bound{measured: .5, limit: .5}, "holds"},
		"above":        {bound{measured: .51, limit: .5}, "does not hold"},
		"no peer":      {bound{measured: math.NaN(), limit: .5}, "not measured"},
	} {
		if got := row.b.verdict(); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
	}
}

func TestMissingPeersAreTold(t *testing.T) {
	run := result{cpu: time.Second, seen: tally{requests: 1000}}
	f := figures{cpu: map[string][]result{ours: {run}}}
	all := generators()
	all[0].path = "loadgen"
	var text strings.Builder
	f.writeCPU(&text, all)
	for _, g := range all[1:] {
		if !strings.Contains(text.String(), "| "+g.name+" | missing") {
			t.Errorf("the table does not say that %s is missing:\n%s", g.name, text.String())
		}
	}
	if !strings.Contains(text.String(), "| 1000 |") {
		t.Errorf("1 s of CPU for 1000 requests is not 1000 µs:\n%s", text.String())
	}
}

func TestRateOff(t *testing.T) {
	p := pacing{rate: 100}
	for requests, want := range map[int]float64{300: 0, 297: 1, 303: 1, 0: 100} {
		if got := p.rateOff(result{seen: tally{requests: requests}}); math.Abs(got-want) > 1e-9 {
			t.Errorf("%d requests are %v %% off, want %v", requests, got, want)
		}
	}
}

func TestTheReferenceSeesTheDelay(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the reference client runs on Linux alone")
	}
	s, err := serve()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	const delay = 3 * time.Millisecond
	s.reset(delay, true)
	times, err := reference(s.listener.Addr().String(), 2*delay, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(times) != 10 || s.seen().requests != 10 {
		t.Fatalf("%d times, want 10", len(times))
	}
	for i, took := range times {
		if took < delay || took > delay+time.Second {
			t.Errorf("reply %d took %v, want %v with a little more", i, took, delay)
		}
	}
}
