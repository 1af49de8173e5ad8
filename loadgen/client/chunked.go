package client

import (
	"bufio"
	"bytes"
	"net/textproto"
)

// chunked passes over a chunked body (RFC 9112, section 7.1), as strictly as net/http: lines of chunks end with
// CRLF, and what is neither size nor data is bounded.
//
//	size -> (extension) -> line feed -> data -> its line break -> size
//	size 0 -> trailer lines -> empty line: end
type chunked struct {
	state     chunkState
	digits    int
	blank     bool // the digits are over
	remaining uint64
	line      int    // bytes of the current size with its extension
	excess    int64  // bytes of lines beyond what data of that length may have
	trailer   []byte // what has arrived of the trailers
	lenient   bool   // the trailers have another form than usual, so that their end is not certain
}

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkExtension
	chunkSizeEnd
	chunkData
	chunkDataReturn
	chunkDataEnd
	trailers
)

const (
	maxChunkLine = 4094     // bytes of a size with its extension, as many as net/http reads
	maxTrailers  = 4096     // bytes of all trailers with the empty line behind them
	maxExcess    = 16 << 10 // bytes
)

// reset keeps the memory for trailers.
func (c *chunked) reset() { *c = chunked{trailer: c.trailer[:0]} }

// feed returns how many bytes of data belong to the body, how many of them were
// content, with whether the body has ended.
func (c *chunked) feed(data []byte) (n int, content int64, end bool, err error) {
	for n < len(data) {
		if c.state == chunkData {
			took := min(c.remaining, uint64(len(data)-n))
			n += int(took)
			content += int64(took)
			if c.remaining -= took; c.remaining == 0 {
				c.state = chunkDataReturn
			}
			continue
		}
		end, err = c.step(data[n])
		n++
		if end || err != nil {
			return n, content, end, err
		}
	}
	return n, content, false, nil
}

// step takes one byte of the framing.
func (c *chunked) step(b byte) (end bool, err error) {
	switch c.state {
	case chunkSize, chunkExtension:
		if c.line++; c.line > maxChunkLine+1 || c.line > maxChunkLine && b != '\r' {
			return false, malformed("a chunk size with an extension of more than %d bytes", maxChunkLine)
		}
		if c.state == chunkSize {
			return false, c.stepSize(b)
		}
		return false, c.stepExtension(b)
	case chunkSizeEnd:
		if b != '\n' {
			return false, malformed("a chunk size without a line break")
		}
		return false, c.begin()
	case chunkDataReturn, chunkDataEnd:
		return false, c.stepDataEnd(b)
	case trailers:
		return c.stepTrailer(b)
	}
	return false, nil
}

// begin follows the line of a size.
func (c *chunked) begin() error {
	c.excess += int64(c.line-1) + 2 // the return has been counted
	c.excess = max(0, c.excess-16-2*int64(min(c.remaining, 1<<60)))
	if c.excess > maxExcess {
		return malformed("chunks with more framing than data")
	}
	c.line, c.digits, c.blank, c.state = 0, 0, false, chunkData
	if c.remaining == 0 {
		c.state = trailers
	}
	return nil
}

func (c *chunked) stepSize(b byte) error {
	digit, ok := hexDigit(b)
	switch {
	case ok && !c.blank:
		if c.digits++; c.digits > 16 {
			return malformed("a chunk size of more than 16 digits")
		}
		c.remaining = c.remaining<<4 | digit
	case c.digits == 0:
		return malformed("a chunk without a size")
	case b == '\r':
		c.state = chunkSizeEnd
	case b == ';' && !c.blank:
		c.state = chunkExtension
	case b == ' ' || b == '\t':
		c.blank = true
	default:
		return malformed("a chunk size that is no number")
	}
	return nil
}

func (c *chunked) stepExtension(b byte) error {
	switch b {
	case '\r':
		c.state = chunkSizeEnd
	case '\n':
		return malformed("a chunk size without a line break")
	}
	return nil
}

func (c *chunked) stepDataEnd(b byte) error {
	switch {
	case c.state == chunkDataReturn && b == '\r':
		c.state = chunkDataEnd
	case c.state == chunkDataEnd && b == '\n':
		c.state = chunkSize
	default:
		return malformed("a chunk that is longer than its size")
	}
	return nil
}

func (c *chunked) stepTrailer(b byte) (end bool, err error) {
	c.trailer = append(c.trailer, b)
	switch {
	case string(c.trailer) == "\r\n":
		return true, nil
	case bytes.HasSuffix(c.trailer, endOfHead):
		return true, c.readTrailers()
	case len(c.trailer) == maxTrailers:
		return false, malformed("trailers of more than %d bytes", maxTrailers)
	}
	return false, nil
}

// readTrailers checks the trailers as net/http does, which is rare enough to be done by its own reader.
func (c *chunked) readTrailers() error {
	if _, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(c.trailer))).ReadMIMEHeader(); err != nil {
		return malformed("a trailer that is none")
	}
	c.lenient = headEnd(c.trailer, 0) < len(c.trailer) || c.trailer[0] == '\n'
	return nil
}

func hexDigit(b byte) (uint64, bool) {
	switch {
	case b >= '0' && b <= '9':
		return uint64(b - '0'), true
	case b >= 'a' && b <= 'f':
		return uint64(b-'a') + 10, true
	case b >= 'A' && b <= 'F':
		return uint64(b-'A') + 10, true
	}
	return 0, false
}
