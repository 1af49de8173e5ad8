package client

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
)

// standardHead is what net/http says about a head.
type standardHead struct {
	status           int
	length           int64 // of the body; -1 if it is not given
	chunked, closing bool
	timing, location []byte
}

// standard reads a head as net/http does, so that both clients agree about all that RFC 9112 lets a user agent take: folded
// lines, line feeds alone, several lengths, odd statuses. It reports whether net/http takes the head.
func standard(head []byte, headRequest bool) (standardHead, bool) {
	method := http.MethodGet
	if headRequest {
		method = http.MethodHead
	}
	read, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), &http.Request{Method: method})
	if err != nil {
		return standardHead{}, false
	}
	_ = read.Body.Close() // the body is not in head
	return standardHead{
		status: read.StatusCode, length: read.ContentLength, chunked: len(read.TransferEncoding) > 0, closing: read.Close,
		timing: []byte(strings.Join(read.Header.Values("Server-Timing"), ",")), location: []byte(read.Header.Get("Location")),
	}, read.StatusCode != http.StatusSwitchingProtocols
}
