package client

// chunked passes over a chunked body (RFC 9112, section 7.1).
//
//	size -> (extension) -> line feed -> data -> its line break -> size
//	size 0 -> trailer lines -> empty line: end
type chunked struct {
	state     chunkState
	digits    int
	remaining int64
	line      int // bytes of the current extension or of all trailers
}

type chunkState uint8

const (
	chunkSize chunkState = iota
	chunkExtension
	chunkSizeEnd
	chunkData
	chunkDataReturn
	chunkDataEnd
	trailerStart
	trailerLine
	trailerEnd
)

// maxChunkLine bounds an extension, and all trailers together, in bytes.
const maxChunkLine = 8 << 10

// feed returns how many bytes of data belong to the body, how many of them were
// content, with whether the body has ended.
func (c *chunked) feed(data []byte) (n int, content int64, end bool, err error) {
	for n < len(data) {
		if c.state == chunkData {
			took := min(c.remaining, int64(len(data)-n))
			n += int(took)
			content += took
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
	case chunkSize:
		return false, c.stepSize(b)
	case chunkExtension:
		if c.line++; c.line > maxChunkLine {
			return false, malformed("a chunk extension of more than %d bytes", maxChunkLine)
		}
		if b == '\r' {
			c.state = chunkSizeEnd
		}
	case chunkSizeEnd:
		if b != '\n' {
			return false, malformed("a chunk size without a line break")
		}
		c.line, c.digits, c.state = 0, 0, chunkData
		if c.remaining == 0 {
			c.state = trailerStart
		}
	case chunkDataReturn, chunkDataEnd:
		return false, c.stepDataEnd(b)
	case trailerStart, trailerLine, trailerEnd:
		return c.stepTrailer(b)
	}
	return false, nil
}

func (c *chunked) stepSize(b byte) error {
	digit, ok := hexDigit(b)
	switch {
	case ok:
		if c.digits++; c.digits > 15 {
			return malformed("a chunk size of more than 15 digits")
		}
		c.remaining = c.remaining<<4 | digit
	case c.digits == 0:
		return malformed("a chunk without a size")
	case b == '\r':
		c.state = chunkSizeEnd
	case b == ';' || b == ' ' || b == '\t':
		c.state = chunkExtension
	default:
		return malformed("a chunk size that is no number")
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
	if c.line++; c.line > maxChunkLine {
		return false, malformed("trailers of more than %d bytes", maxChunkLine)
	}
	switch {
	case c.state == trailerStart && b == '\r':
		c.state = trailerEnd
	case c.state == trailerEnd:
		if b != '\n' {
			return false, malformed("trailers without an end")
		}
		return true, nil
	case b == '\n':
		c.state = trailerStart
	default:
		c.state = trailerLine
	}
	return false, nil
}

func hexDigit(b byte) (int64, bool) {
	switch {
	case b >= '0' && b <= '9':
		return int64(b - '0'), true
	case b >= 'a' && b <= 'f':
		return int64(b-'a') + 10, true
	case b >= 'A' && b <= 'F':
		return int64(b-'A') + 10, true
	}
	return 0, false
}
