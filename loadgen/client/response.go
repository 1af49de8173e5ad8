// Package client speaks HTTP/1.1 to a server that may be hostile.
package client

import (
	"bytes"
	"errors"
)

// Limits of a response. The body is not limited: it is counted, never kept.
const (
	MaxHead    = 64 << 10 // bytes of status line with header fields
	maxInterim = 8        // responses of status 1xx before the final one
)

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
	interim   int
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
	p.interim = 0
	p.chunk = chunked{}
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
	return p.state != inHead || len(p.head) > 0 || p.interim > 0
}

var endOfHead = []byte("\r\n\r\n")

func (p *Parser) feedHead(data []byte) (int, error) {
	if len(p.head) == 0 {
		// The usual case: the whole head in one read, parsed where it lies.
		if at := bytes.Index(data, endOfHead); at >= 0 && at+4 <= MaxHead {
			return at + 4, p.parseHead(data[:at+2])
		}
	}
	had := len(p.head)
	p.head = append(p.head, data[:min(len(data), MaxHead-had)]...)
	at := bytes.Index(p.head[max(0, had-3):], endOfHead)
	if at < 0 {
		if len(p.head) >= MaxHead {
			return 0, malformed("more than %d bytes of header fields", MaxHead)
		}
		return len(data), nil
	}
	end := max(0, had-3) + at + 4
	err := p.parseHead(p.head[:end-2])
	p.head = p.head[:0]
	return end - had, err
}

// parseHead reads the lines of head, each with its line break.
func (p *Parser) parseHead(head []byte) error {
	line, fields, _ := bytes.Cut(head, []byte("\r\n"))
	status, old, err := parseStatusLine(line)
	if err != nil {
		return err
	}
	p.Response.Status = status
	f := fieldSet{length: -1, close: old}
	for len(fields) > 0 {
		line, fields, _ = bytes.Cut(fields, []byte("\r\n"))
		if err := f.add(line, p); err != nil {
			return err
		}
	}
	return p.frame(f)
}

// frame decides where the body ends (RFC 9112, section 6.3).
func (p *Parser) frame(f fieldSet) error {
	status := p.Response.Status
	switch {
	case status == 101:
		return malformed("it switches protocols unasked")
	case status < 200:
		if p.interim++; p.interim > maxInterim {
			return malformed("more than %d interim responses", maxInterim)
		}
		p.Response = Response{}
		return nil
	case f.chunked && f.length >= 0:
		return malformed("both a content length and a transfer encoding")
	}
	p.Response.Close = f.close
	switch {
	case p.noBody || status == 204 || status == 304 || f.length == 0:
		p.state = done
	case f.chunked:
		p.state = inChunks
	case f.length > 0:
		p.state, p.remaining = inLength, f.length
	default:
		p.state, p.Response.Close = untilEnd, true
	}
	return nil
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
