package supervise

import "bytes"

// maxLine bounds a line, in bytes.
const maxLine = 64 << 10

// Lines splits what a process writes into lines. The zero value is ready; calls
// of Write must not overlap.
type Lines struct {
	// Take is called with each line, without its line break. A line over 64 KiB is
	// cut there. The bytes are valid until Take returns.
	Take func(line []byte)

	partial []byte // of a line that has not ended
	cut     bool   // partial went to Take already; the rest of its line is dropped
}

// Write takes a piece of output, which may end within a line. It never fails.
func (l *Lines) Write(p []byte) (int, error) {
	written := len(p)
	for {
		line, rest, ends := bytes.Cut(p, []byte("\n"))
		if !l.cut {
			l.partial = append(l.partial, line[:min(len(line), maxLine-len(l.partial))]...)
		}
		if full := len(l.partial) == maxLine; !l.cut && (ends || full) {
			l.Take(l.partial)
			l.partial, l.cut = l.partial[:0], full
		}
		if !ends {
			return written, nil
		}
		l.cut = false
		p = rest
	}
}
