package client

import (
	"bytes"
)

// fieldSet is what the header fields say of a response's framing.
type fieldSet struct {
	length  int64 // -1 if none is given
	chunked bool
	close   bool // is said
	keep    bool // is said
	old     bool // version 1.0
}

// add reads one field line. Fields that do not matter cost a look at the length of their name.
func (f *fieldSet) add(line []byte, p *Parser) error {
	colon := bytes.IndexByte(line, ':')
	if err := wellFormed(line, colon); err != nil {
		return err
	}
	name, value := line[:colon], trim(line[colon+1:])
	switch len(name) {
	case len("Trailer"):
		if foldEqual(name, "trailer") {
			return malformed("a trailer that is none")
		}
	case len("Location"):
		if p.Response.Status == 201 && foldEqual(name, "location") {
			p.setCreated(value)
		}
	case len("Connection"):
		if foldEqual(name, "connection") {
			f.connection(value)
		}
	case len("Server-Timing"):
		if foldEqual(name, "server-timing") {
			p.Response.Timing.parse(value)
		}
	case len("Content-Length"):
		if foldEqual(name, "content-length") {
			return f.contentLength(value)
		}
	case len("Transfer-Encoding"):
		if foldEqual(name, "transfer-encoding") {
			if !foldEqual(value, "chunked") || f.chunked {
				return malformed("a transfer encoding other than chunked")
			}
			f.chunked = true
		}
	}
	return nil
}

func wellFormed(line []byte, colon int) error {
	if colon <= 0 || !isToken(line[:colon]) {
		return malformed("a header line without a name")
	}
	if hasControl(line[colon+1:]) {
		return malformed("a header line with a control character")
	}
	return nil
}

func (f *fieldSet) contentLength(value []byte) error {
	if len(value) == 0 || len(value) > 18 {
		return malformed("a content length that is no number")
	}
	var n int64
	for _, c := range value {
		if c < '0' || c > '9' {
			return malformed("a content length that is no number")
		}
		n = n*10 + int64(c-'0')
	}
	if f.length >= 0 && f.length != n {
		return malformed("two content lengths")
	}
	f.length = n
	return nil
}

func (f *fieldSet) connection(value []byte) {
	for len(value) > 0 {
		var option []byte
		option, value, _ = bytes.Cut(value, []byte(","))
		switch option = trim(option); {
		case foldEqual(option, "close"):
			f.close = true
		case foldEqual(option, "keep-alive"):
			f.keep = true
		}
	}
}

// setCreated keeps the name that a Location gives.
func (p *Parser) setCreated(location []byte) {
	if name := CreatedName(location); name != nil {
		p.created = append(p.created[:0], name...)
		p.Response.Created = p.created
	}
}

// CreatedName is the last path element of a Location, nil if it would have to be escaped.
func CreatedName(location []byte) []byte {
	last := location[bytes.LastIndexByte(location, '/')+1:]
	if len(last) == 0 || len(last) > 128 {
		return nil
	}
	for _, c := range last {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return nil
		}
	}
	return last
}
