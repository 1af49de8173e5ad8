package cause_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"loadlab/loadgen/cause"
)

// dial is an error as net.Dialer returns it.
func dial(call string, code syscall.Errno) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, Err: os.NewSyscallError(call, code)}
}

func TestOwnLimits(t *testing.T) {
	for _, row := range []struct {
		name         string
		err          error
		text, remedy string
	}{
		{"descriptors of the process", dial("socket", syscall.EMFILE), "no file descriptor left", "ulimit -n"},
		{"descriptors of the machine", dial("socket", syscall.ENFILE), "no file descriptor left", "fs.file-max"},
		{"ports", dial("connect", syscall.EADDRNOTAVAIL), "no local port or address left", "ip_local_port_range"},
		{"ports of a bound address", dial("bind", syscall.EADDRINUSE), "no local port or address left", "ip_local_port_range"},
		{"buffers", dial("connect", syscall.ENOBUFS), "no memory left for sockets", "more memory"},
		{"memory", dial("socket", syscall.ENOMEM), "no memory left for sockets", "more memory"},
		{"descriptors of the resolver", &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Name: "a", Err: "dial udp 127.0.0.1:53: socket: too many open files"}},
			"no file descriptor left", "ulimit -n"},
		{"wrapped", fmt.Errorf("round trip: %w", dial("socket", syscall.EMFILE)), "no file descriptor left", "ulimit -n"},
		{"refused", dial("connect", syscall.ECONNREFUSED), "connection refused", ""},
		{"unreachable", dial("connect", syscall.ENETUNREACH), "network is unreachable", ""},
		{"a host named so", &net.DNSError{Name: "too many open files", Err: "no such host", IsNotFound: true}, "no such host", ""},
		{"a server that says so", errors.New("malformed response: too many open files"), "too many open files", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := cause.OfConnect(row.err)
			if !strings.Contains(c.Text, row.text) || c.Own() != (row.remedy != "") || !strings.Contains(c.Remedy, row.remedy) || c.Example() != row.err.Error() {
				t.Errorf("got %+v", c)
			}
		})
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("raise the limit of %d with", limit.Cur); !strings.Contains(cause.Of(syscall.EMFILE).Remedy, want) {
		t.Errorf("remedy %q does not say %q", cause.Of(syscall.EMFILE).Remedy, want)
	}
	if (*cause.Cause)(nil).Own() {
		t.Error("a success is a limit of the generator")
	}
}

// Failures of one kind have one text, whatever addresses, numbers and bytes of the server their errors have.
func TestOneKindOneText(t *testing.T) {
	for want, kind := range map[string][]error{
		"connection reset by the server": {
			&net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 1}, Err: os.NewSyscallError("read", syscall.ECONNRESET)},
			&net.OpError{Op: "write", Net: "tcp", Source: &net.TCPAddr{Port: 2}, Err: os.NewSyscallError("write", syscall.EPIPE)},
		},
		"DNS error: connection refused": {
			&net.DNSError{Name: "a", Err: "read udp 127.0.0.1:1->127.0.0.1:53: read: connection refused"}, &net.DNSError{Name: "b", Err: "read udp 127.0.0.1:2->127.0.0.1:53: read: connection refused"},
		},
		"DNS error: no answer in time": {&net.DNSError{Name: "a", Err: "read udp 127.0.0.1:1->127.0.0.1:53: i/o timeout", IsTimeout: true}},
		`malformed HTTP status code "..."`: {
			errors.New(`net/http: HTTP/1.x transport connection broken: malformed HTTP status code "abc"`), errors.New(`net/http: HTTP/1.x transport connection broken: malformed HTTP status code "a\"9"`),
		},
		"stream error: stream ID N; INTERNAL_ERROR; received from peer": {
			errors.New("stream error: stream ID 1; INTERNAL_ERROR; received from peer"), errors.New("stream error: stream ID 1234; INTERNAL_ERROR; received from peer"),
		},
		"the server closed the connection without a response": {io.EOF, fmt.Errorf("read: %w", io.EOF)},
		"no response within the time limit":                   {context.DeadlineExceeded},
	} {
		for _, err := range kind {
			if got := cause.Of(err); got.Text != want || got.Own() {
				t.Errorf("%v: %+v, want %q", err, got, want)
			}
		}
	}
	for n := range int64(3) {
		c := cause.OfCut(io.ErrUnexpectedEOF, n)
		if c.Text != "the server closed the connection within the response" || !strings.Contains(c.Example(), fmt.Sprintf("after %d bytes", n)) {
			t.Errorf("cut after %d: %+v", n, c)
		}
	}
}

func FuzzTexts(f *testing.F) {
	f.Add("malformed \x00 \"a")
	f.Fuzz(func(t *testing.T, text string) {
		c := cause.Of(errors.New(text))
		if len(c.Text) > 210 || strings.ContainsFunc(c.Text, func(r rune) bool { return r < ' ' || r == 0x7f }) || c.Own() {
			t.Fatalf("%q", c.Text)
		}
	})
}
