// Package client speaks HTTP/1.1 to a server that may be hostile.
package client

import (
	"bytes"
	"errors"
)

// MaxHead bounds the status lines with the header fields of a response, those of interim responses (1xx) before it included, in
// bytes. The body is not limited: it is counted, never kept.
const MaxHead = 64 << 10

// ErrProtocol is what every malformed response wraps.
var ErrProtocol = errors.New("malformed response")

// Response is what is kept of a response.
type Response struct {
	Status  int
	Close   bool   // the server will send nothing more on the connection
	Bytes   int64  // of the body, without chunk framing
	Timing  Timing // from Server-Timing
	Created []byte // last element of the Location of a 201; valid until the next response
}

// ErrSwitch is a response that switches protocols, which no request has asked for.
var ErrSwitch = malformed("it switches protocols unasked")

// Parser takes one response after another off a stream of bytes, in whatever
// pieces they arrive. It holds at most MaxHead bytes.
//
//	head -> (1xx: head) -> length | chunked | until the end of the stream | no body -> done
type Parser struct {
	Response Response

	state     state
	noBody    bool   // the request was HEAD
	head      []byte // what has arrived of an incomplete head
	remaining int64  // bytes of the body that is counted
	heads     int    // bytes of the heads that are complete
	chunk     chunked
	created   []byte
}

type state uint8

const (
	inHead state = iota
	inLength
	inChunks
	untilEnd
	done
)

// Reset prepares for the next response; headRequest says that it answers a HEAD.
func (p *Parser) Reset(headRequest bool) {
	p.Response = Response{}
	p.state = inHead
	p.noBody = headRequest
	p.head = p.head[:0]
	p.heads = 0
	p.chunk.reset()
}

// Feed takes what belongs to the response from data. It returns how many bytes
// those were, with whether the response is complete.
func (p *Parser) Feed(data []byte) (n int, complete bool, err error) {
	for p.state != done && n < len(data) {
		var took int
		switch p.state {
		case inHead:
			took, err = p.feedHead(data[n:])
		case inLength:
			took = int(min(p.remaining, int64(len(data)-n)))
			p.remaining -= int64(took)
			p.Response.Bytes += int64(took)
			if p.remaining == 0 {
				p.state = done
			}
		case inChunks:
			var size int64
			var end bool
			took, size, end, err = p.chunk.feed(data[n:])
			p.Response.Bytes += size
			if end {
				p.state = done
				p.Response.Close = p.Response.Close || p.chunk.lenient
			}
		case untilEnd:
			took = len(data) - n
			p.Response.Bytes += int64(took)
		}
		n += took
		if err != nil {
			return n, false, err
		}
	}
	return n, p.state == done, nil
}

// End says that the stream has ended. It is nil only if that ends the response.
func (p *Parser) End() error {
	if p.state == untilEnd {
		p.state = done
		return nil
	}
	return malformed("the connection ended within it")
}

// Started reports whether any byte of a response has arrived since Reset.
func (p *Parser) Started() bool {
	return p.state != inHead || len(p.head) > 0 || p.heads > 0
}

func (p *Parser) feedHead(data []byte) (int, error) {
	if len(p.head) == 0 {
		// The usual case: the whole head in one read, parsed where it lies.
		if at := bytes.Index(data, endOfHead); at >= 0 && p.heads+at+4 <= MaxHead && p.parseHead(data[:at+2]) == nil {
			p.heads += at + 4
			return at + 4, nil
		}
	}
	had := len(p.head)
	p.head = append(p.head, data[:min(len(data), MaxHead-p.heads-had)]...)
	end := headEnd(p.head, max(0, had-2))
	if end < 0 {
		if p.heads+len(p.head) >= MaxHead {
			return 0, malformed("more than %d bytes of header fields", MaxHead)
		}
		return len(data), nil
	}
	head := p.head[:end]
	p.head = p.head[:0]
	p.heads += end
	reason := p.parseHead(bytes.TrimSuffix(head, []byte("\r\n")))
	if reason != nil && !p.parseLeniently(head) {
		return end - had, reason
	}
	return end - had, nil
}

// parseLeniently reads a head that has another form than usual, and reports whether it can be read.
func (p *Parser) parseLeniently(head []byte) bool {
	read, ok := standard(head, p.noBody)
	if !ok {
		return false
	}
	p.Response = Response{Status: read.status, Timing: ParseTiming(read.timing)}
	if read.status == 201 {
		p.setCreated(read.location)
	}
	p.frame(read.length, read.chunked, read.closing)
	return true
}

// parseHead reads the lines of head, each with its line break. It takes the forms that servers use, and those in
// the same sense as net/http. An error leaves the parser in the head.
func (p *Parser) parseHead(head []byte) error {
	line, fields, _ := bytes.Cut(head, []byte("\r\n"))
	status, old, err := parseStatusLine(line)
	if err != nil {
		return err
	}
	p.Response = Response{Status: status}
	f := fieldSet{length: -1, old: old}
	for len(fields) > 0 {
		line, fields, _ = bytes.Cut(fields, []byte("\r\n"))
		if err := f.add(line, p); err != nil {
			return err
		}
	}
	switch {
	case status == 101:
		return ErrSwitch
	case f.chunked && (f.length >= 0 || old):
		return malformed("a transfer encoding with a content length, or in version 1.0")
	}
	p.frame(f.length, f.chunked, f.close || old && !f.keep)
	return nil
}

// frame decides where the body ends (RFC 9112, section 6.3). length is -1 if none is given.
func (p *Parser) frame(length int64, chunked, closing bool) {
	status := p.Response.Status
	p.Response.Close = closing
	switch {
	case status >= 100 && status < 200: // an interim response, which another one follows
		p.Response = Response{}
	case p.noBody || status == 204 || status == 304 || length == 0 && !chunked:
		p.state = done
	case chunked:
		p.state = inChunks
	case length > 0:
		p.state, p.remaining = inLength, length
	default:
		p.state, p.Response.Close = untilEnd, true
	}
}

func parseStatusLine(line []byte) (status int, old bool, err error) {
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[8] != ' ' || line[7] != '0' && line[7] != '1' {
		return 0, false, malformed("its first line is no HTTP/1.1 status line")
	}
	if bytes.IndexByte(line, '\n') >= 0 {
		return 0, false, malformed("a bare line feed in its first line")
	}
	if len(line) > 12 && line[12] != ' ' {
		return 0, false, malformed("its status has more than three digits")
	}
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return 0, false, malformed("its status is no number")
		}
		status = status*10 + int(c-'0')
	}
	if status < 100 || status > 599 {
		return 0, false, malformed("its status is not 100 to 599")
	}
	return status, line[7] == '0', nil
}
