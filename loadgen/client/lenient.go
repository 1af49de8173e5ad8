package client

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
)

// parseLeniently reads a head that has another form than usual as net/http does, so that both clients agree about all
// that RFC 9112 lets a user agent take: folded lines, line feeds alone, several lengths, odd statuses. It reports whether the
// head can be read.
func (p *Parser) parseLeniently(head []byte) bool {
	method := http.MethodGet
	if p.noBody {
		method = http.MethodHead
	}
	read, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), &http.Request{Method: method})
	if err != nil || read.StatusCode == http.StatusSwitchingProtocols {
		return false
	}
	p.Response = Response{Status: read.StatusCode, Timing: ParseTiming([]byte(strings.Join(read.Header.Values("Server-Timing"), ",")))}
	if read.StatusCode == http.StatusCreated {
		p.setCreated([]byte(read.Header.Get("Location")))
	}
	p.frame(read.ContentLength, len(read.TransferEncoding) > 0, read.Close)
	return true
}
