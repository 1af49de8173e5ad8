package client_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"loadlab/loadgen/client"
)

// feed gives text to a parser in pieces of the size.
func feed(text string, size int, head bool) (r client.Response, took int, complete bool, err error) {
	var p client.Parser
	p.Reset(head)
	for took < len(text) && !complete && err == nil {
		var n int
		n, complete, err = p.Feed([]byte(text[took:min(len(text), took+size)]))
		took += n
	}
	if err == nil && !complete {
		err = p.End()
		complete = err == nil
	}
	return p.Response, took, complete, err
}

func TestResponses(t *testing.T) {
	for _, row := range []struct {
		name, text string
		head       bool
		status     int
		bytes      int64
		close      bool
		rest       int // bytes that belong to what follows
	}{
		{"with a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP", false, 200, 5, false, 4},
		{"without a reason", "HTTP/1.1 200\r\ncontent-length:0\r\n\r\n", false, 200, 0, false, 0},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", false, 204, 0, false, 0},
		{"not modified, with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", false, 304, 0, false, 0},
		{"to HEAD, with a length", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true, 200, 0, false, 0},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n!", false, 200, 14, false, 1},
		{"until the end", "HTTP/1.1 200 OK\r\n\r\nhello", false, 200, 5, true, 0},
		{"closing", "HTTP/1.1 500 Oops\r\nConnection: foo, Close\r\nContent-Length: 1\r\n\r\nx", false, 500, 1, true, 0},
		{"version 1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", false, 200, 1, true, 0},
		{"version 1.0 kept alive", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", false, 200, 1, false, 0},
		{"after interim ones", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", false, 201, 0, false, 0},
		{"after many interim ones", strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 1000) + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, 200, 0, false, 0},
		{"line feeds alone", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello\r\n\r\n", false, 200, 5, false, 4},
		{"line ends of both kinds", "HTTP/1.1 200 OK\r\nContent-Length: 5\n\r\nhello", false, 200, 5, false, 0},
		{"a folded line", "HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\nContent-Length:\r\n 1\r\n\r\nx", false, 200, 1, false, 0},
		{"a blank before the colon", "HTTP/1.1 200 OK\r\nA : b\r\nContent-Length: 1\r\n\r\nx", false, 200, 1, false, 0},
		{"length with chunks", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", false, 200, 1, false, 0},
		{"two equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", false, 200, 1, false, 0},
		{"a length with zeros", "HTTP/1.1 200 OK\r\nContent-Length: 0000000000000000000000001\r\n\r\nx", false, 200, 1, false, 0},
		{"status 999", "HTTP/1.1 999 What\r\nContent-Length: 1\r\n\r\nx", false, 999, 1, false, 0},
		{"a chunk size of 16 digits", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0000000000000001 \r\nx\r\n0000\r\n\r\n", false, 200, 1, false, 0},
		{"closing and kept alive", "HTTP/1.1 200 OK\r\nConnection: close, keep-alive\r\nContent-Length: 1\r\n\r\nx", false, 200, 1, true, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, size := range []int{1, 2, 3, 7, 1000} {
				r, took, complete, err := feed(row.text, size, row.head)
				if err != nil || !complete || r.Status != row.status || r.Bytes != row.bytes || r.Close != row.close || took != len(row.text)-row.rest {
					t.Errorf("pieces of %d: %+v, took %d of %d, complete %v, %v", size, r, took, len(row.text), complete, err)
				}
			}
		})
	}
}

func TestMalformedResponses(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\n"
	for _, row := range []struct{ name, text string }{
		{"another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
		{"status without number", "HTTP/1.1 2x0 OK\r\n\r\n"},
		{"status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
		{"a switch of protocols", "HTTP/1.1 101 Switching\r\n\r\n"},
		{"a line without a name", ok + ": x\r\n\r\n"},
		{"a folded first line", ok + " A: b\r\n\r\n"},
		{"a control character", ok + "A: b\x01\r\n\r\n"},
		{"a return within a line", ok + "A: b\rc\r\n\r\n"},
		{"a name with a comma", ok + "A,B: c\r\n\r\n"},
		{"a line feed alone after a chunk size", ok + "Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n"},
		{"more framing than data", ok + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\na\r\n", 20) + "0\r\n\r\n"},
		{"a trailer that is none", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n"},
		{"a negative length", ok + "Content-Length: -1\r\n\r\n"},
		{"an endless length", ok + "Content-Length: 99999999999999999999\r\n\r\n"},
		{"two lengths", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"},
		{"length with chunks", ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
		{"another encoding", ok + "Transfer-Encoding: gzip\r\n\r\n"},
		{"a chunk without size", ok + "Transfer-Encoding: chunked\r\n\r\n\r\n"},
		{"a chunk size with letters", ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"},
		{"an endless chunk size", ok + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1", 20)},
		{"a chunk too long", ok + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"},
		{"an endless extension", ok + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 1<<20)},
		{"endless trailers", ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("a: b\r\n", 1<<16)},
		{"endless header fields", ok + strings.Repeat("a: b\r\n", 1<<18)},
		{"an endless line", ok + strings.Repeat("a", 1<<20)},
		{"endless interim responses", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 10_000)},
		{"nothing", ""},
		{"half a head", ok + "Content-"},
		{"half a body", ok + "Content-Length: 10\r\n\r\nabc"},
		{"half a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nab"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, size := range []int{1, 4096} {
				if r, _, complete, err := feed(row.text, size, false); complete || !errors.Is(err, client.ErrProtocol) {
					t.Errorf("pieces of %d: complete %v, %+v, %v", size, complete, r, err)
				}
			}
		})
	}
}

func TestTiming(t *testing.T) {
	ms := time.Millisecond
	for _, row := range []struct {
		text string
		want client.Timing
	}{
		{"cpu;dur=1.5, wait;dur=2, queue;dur=0.25, total;dur=3.75", client.Timing{CPU: 1500 * time.Microsecond, Wait: 2 * ms, Queue: 250 * time.Microsecond, Known: true}},
		{`cpu;desc="x";dur="1", wait ; DUR = 2,queue;dur=.5`, client.Timing{CPU: ms, Wait: 2 * ms, Queue: 500 * time.Microsecond, Known: true}},
		{"cpu;dur=1, wait;dur=2", client.Timing{CPU: ms, Wait: 2 * ms}},
		{"cpu;dur=-1, wait;dur=1e3, queue", client.Timing{}},
		{"cpu;dur=999999999999, wait;dur=, queue;dur=.", client.Timing{}},
	} {
		got := client.ParseTiming([]byte(row.text))
		if got.CPU != row.want.CPU || got.Wait != row.want.Wait || got.Queue != row.want.Queue || got.Known != row.want.Known {
			t.Errorf("%s: got %+v, want %+v", row.text, got, row.want)
		}
	}
}

func TestCreatedName(t *testing.T) {
	for location, want := range map[string]string{"/items/7": "7", "http://a/items/a-b_C": "a-b_C", "/items/": "", "/a/b c": "", "/a/\r\nX: y": "", strings.Repeat("a", 200): ""} {
		if got := client.CreatedName([]byte(location)); string(got) != want {
			t.Errorf("%q: %q, want %q", location, got, want)
		}
	}
}

// However a stream is cut into pieces, it means the same; and where net/http
// reads a whole response of version 1.1, ours agrees about its length.
func FuzzResponse(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer-Timing: cpu;dur=1\r\n\r\nhello", "HTTP/1.0 404 Not\r\n\r\nx",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 201 x\r\nLocation: /items/9\r\n\r\n",
	} {
		f.Add(seed, uint8(3), false)
	}
	f.Fuzz(func(t *testing.T, text string, size uint8, head bool) {
		whole, took, complete, err := feed(text, max(1, len(text)), head)
		r, n, c, e := feed(text, int(size)+1, head)
		if r.Status != whole.Status && c || c != complete || (e == nil) != (err == nil) || complete && (n != took || r.Bytes != whole.Bytes) {
			t.Fatalf("%q: whole %+v %d %v %v, in pieces of %d: %+v %d %v %v", text, whole, took, complete, err, int(size)+1, r, n, c, e)
		}
		if !complete || head || strings.Contains(text, "HTTP/1.1 1") {
			return
		}
		theirs, err := http.ReadResponse(bufio.NewReader(strings.NewReader(text)), &http.Request{Method: "GET"})
		if err != nil {
			return // it is stricter about fields that do not matter here
		}
		if body, err := io.Copy(io.Discard, theirs.Body); err == nil && (body != whole.Bytes || theirs.StatusCode != whole.Status) {
			t.Fatalf("%q: %d bytes of status %d, by net/http %d of %d", text, whole.Bytes, whole.Status, body, theirs.StatusCode)
		}
	})
}

func FuzzTiming(f *testing.F) {
	f.Add("cpu;dur=1.5, wait;dur=2, queue;dur=0.25")
	f.Fuzz(func(t *testing.T, text string) {
		got := client.ParseTiming([]byte(text))
		for _, d := range []time.Duration{got.CPU, got.Wait, got.Queue} {
			if d < 0 || d > 24*time.Hour {
				t.Fatalf("%q: %+v", text, got)
			}
		}
	})
}

func BenchmarkParser(b *testing.B) {
	text := []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nServer-Timing: cpu;dur=1.5, wait;dur=2, queue;dur=0.25, total;dur=3.75\r\n" +
		"Traceresponse: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\nContent-Length: 5\r\n\r\nhello")
	var p client.Parser
	b.ReportAllocs()
	for b.Loop() {
		p.Reset(false)
		if _, complete, err := p.Feed(text); !complete || err != nil {
			b.Fatal(err)
		}
	}
}
