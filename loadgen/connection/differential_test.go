package connection_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"

	"loadlab/internal/testkit"
	"loadlab/loadgen/connection"
)

// stage answers every request with the text that was set last, then closes the connection.
type stage struct {
	address string
	mu      sync.Mutex
	text    string
}

func newStage(t testing.TB) *stage {
	t.Helper()
	s := &stage{}
	s.address = testkit.Misbehave(t, func(conn net.Conn) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_, _ = conn.Write([]byte(s.text)) // a client that has seen enough may be gone
	})
	return s
}

func (s *stage) set(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
}

// compared gives a response to both clients, and fails if they do not agree what it is.
func compared(t *testing.T, s *stage, method, text string) {
	t.Helper()
	s.set(text)
	said := map[string]string{}
	for kind, how := range kinds(t, true) {
		conn := dial(t, how, s.address)
		conn.Send(to(t, s.address, "%s /", method))
		conn.Serve(func(r *connection.Response) (connection.Action, *connection.Request) {
			said[kind] = fmt.Sprintf("%s, status %d", r.Outcome, r.Status)
			if r.Status > 0 {
				said[kind] += fmt.Sprintf(", %d bytes, created %q, timing %v %v", r.Bytes, r.Created, r.Timing.Known, r.Timing.CPU)
			}
			return connection.Close, nil
		})
	}
	if said["plain"] != said["net/http"] || said["plain"] == "" {
		t.Errorf("%s, answered %.300q: the lean client says %q, net/http %q", method, text, said["plain"], said["net/http"])
	}
}

// corpus are responses of every form, right and wrong.
func corpus() []string {
	const ok, chunks = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	return []string{
		ok + "Content-Length: 5\r\nServer-Timing: cpu;dur=1, wait;dur=2, queue;dur=3\r\n\r\nhello", "HTTP/1.1 201 Created\r\nLocation: /items/7\r\nContent-Length: 0\r\n\r\n", "HTTP/1.0 200 OK\r\n\r\nhello",
		"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", ok + "A: b\r\n c\r\nContent-Length: 1\r\n\r\nx", ok + "A : b\r\nContent-Length: 1\r\n\r\nx", ok + " A: b\r\n\r\n",
		ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", chunks + "\r\n5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n", chunks + "Trailer: A\r\n\r\n0\r\nA: b\r\n\r\n", chunks + "Trailer: Trailer\r\n\r\n0\r\n\r\n",
		chunks + "\r\n0000000000000005\r\nhello\r\n0\r\n\r\n", chunks + "\r\n00000000000000005\r\nhello\r\n0\r\n\r\n", chunks + "\r\nffffffffffffffff\r\nhello", chunks + "\r\n5 \r\nhello\r\n0\r\n\r\n", chunks + "\r\n5 ;a\r\nhello\r\n0\r\n\r\n",
		chunks + "\r\n5\nhello\r\n0\r\n\r\n", chunks + "\r\n5\r\nhello\r\n0\r\nA: b\n\nrest\r\n\r\n", chunks + "\r\n5\r\nhello\r\n0\r\n" + strings.Repeat("a: b\r\n", 1000) + "\r\n",
		chunks + "\r\n" + strings.Repeat("1;"+strings.Repeat("x", 900)+"\r\na\r\n", 30) + "0\r\n\r\n", chunks + "\r\n1;" + strings.Repeat("x", 4092) + "\r\na\r\n0\r\n\r\n", chunks + "\r\n1;" + strings.Repeat("x", 4093) + "\r\na\r\n0\r\n\r\n",
		"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", chunks + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", ok + "Transfer-Encoding: identity\r\n\r\nx",
		"HTTP/1.1 999 What\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 099 What\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 1000 OK\r\n\r\n", "HTTP/1.1 +20 OK\r\n\r\n", "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
		"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/11 200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "\r\n" + ok + "\r\n",
		"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
		strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 9) + ok + "Content-Length: 0\r\n\r\n", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 5000) + ok + "Content-Length: 0\r\n\r\n", "HTTP/1.1 103 Early Hints\nLink: x\n\n" + ok + "Content-Length: 0\r\n\r\n",
		ok + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", ok + "Content-Length: 1, 1\r\n\r\nx", ok + "Content-Length: +1\r\n\r\nx", ok + "Content-Length:\r\n\r\nx", ok + "Content-Length: 0000000000000000000000001\r\n\r\nx",
		ok + "Content-Length: 9223372036854775808\r\n\r\nx", ok + "A: b\x00c\r\nContent-Length: 0\r\n\r\n", ok + "A: b\x7f\r\nContent-Length: 0\r\n\r\n", ok + "A: \xff\r\nContent-Length: 0\r\n\r\n", ok + "A(: b\r\nContent-Length: 0\r\n\r\n", ok + "A: b\rc\r\nContent-Length: 0\r\n\r\n", ok + "no colon\r\n\r\n", ok + ": b\r\n\r\n",
		ok + "A: " + strings.Repeat("x", 60_000) + "\r\nContent-Length: 0\r\n\r\n", ok + "A: " + strings.Repeat("x", 70_000) + "\r\nContent-Length: 0\r\n\r\n", ok + "Content-Length: 10\r\n\r\nabc", ok + "Content-", ok, "HTTP/1.1 200", "", "\x00",
	}
}

// Both clients agree about every response.
func TestClientsAgree(t *testing.T) {
	s := newStage(t)
	for _, text := range corpus() {
		for _, method := range []string{"GET", "HEAD"} {
			compared(t, s, method, text)
		}
	}
}

// mutated changes a text a little: what a byte is, what there is, or where it stands.
func mutated(random *rand.Rand, text string) string {
	const alphabet = "\r\n\t :;,0159aAfFx\x00\x7f"
	b := []byte(text)
	for range 1 + random.IntN(3) {
		if len(b) == 0 {
			break
		}
		at := random.IntN(min(len(b), 120))
		switch random.IntN(4) {
		case 0:
			b[at] = alphabet[random.IntN(len(alphabet))]
		case 1:
			b = append(b[:at], b[at+1:]...)
		case 2:
			b = append(b[:at], append([]byte{alphabet[random.IntN(len(alphabet))]}, b[at:]...)...)
		case 3:
			to := min(len(b), at+1+random.IntN(12))
			b = append(b[:to], append([]byte(string(b[at:to])), b[to:]...)...)
		}
	}
	return string(b)
}

// What is a little wrong is so for both clients. The seed is fixed, so every run tries the same.
func TestClientsAgreeAboutMutations(t *testing.T) {
	s := newStage(t)
	random := rand.New(rand.NewPCG(1, 2))
	all := corpus()
	for range 500 {
		compared(t, s, "GET", mutated(random, all[random.IntN(len(all))]))
	}
}

// FuzzClientsAgree goes on where the corpus ends.
func FuzzClientsAgree(f *testing.F) {
	for _, text := range corpus() {
		f.Add(text, false)
	}
	s := newStage(f)
	f.Fuzz(func(t *testing.T, text string, head bool) {
		if len(text) > 1<<17 {
			return
		}
		compared(t, s, map[bool]string{true: "HEAD", false: "GET"}[head], text)
	})
}
