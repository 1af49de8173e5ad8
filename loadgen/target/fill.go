package target

import (
	"math/bits"
	"strconv"
	"time"
)

// A Fill is what the placeholders of one request become, other than those of its number. Only one goroutine may use it at a time.
type Fill struct {
	Row  Row               // {data.COLUMN}
	Vars map[string]string // {var.NAME}
	Now  time.Time         // {now}, {unix}, {unix_ms}
	Seed uint64            // of what is random

	drawn uint64
}

// A Row is one row of a data file.
type Row struct {
	Columns map[string]int // the place of each column among the values
	Values  []string
}

// Get returns the value of a column, empty if there is none.
func (r Row) Get(column string) string {
	if at, ok := r.Columns[column]; ok {
		return r.Values[at]
	}
	return ""
}

// draw returns the next of the fill's random numbers (SplitMix64).
func (f *Fill) draw() uint64 {
	f.drawn++
	z := f.Seed + f.drawn*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a random number below n, which is above 0. Its bias is less than 2^-32 for the spans of placeholders that matter.
func (f *Fill) below(n uint64) uint64 {
	high, _ := bits.Mul64(f.draw(), n)
	return high
}

const (
	hexAlphabet    = "0123456789abcdef"
	letterAlphabet = "abcdefghijklmnopqrstuvwxyz"
)

// append appends what a placeholder becomes, without escapes.
func (f *Fill) append(dst []byte, p *part) []byte {
	switch p.kind {
	case datum:
		return append(dst, f.Row.Get(p.text)...)
	case variable:
		return append(dst, f.Vars[p.text]...)
	case uuid:
		return f.appendUUID(dst)
	case now:
		return f.Now.UTC().AppendFormat(dst, time.RFC3339Nano)
	case unix:
		return strconv.AppendInt(dst, f.Now.Unix(), 10)
	case unixMilli:
		return strconv.AppendInt(dst, f.Now.UnixMilli(), 10)
	case integer:
		if p.span+1 == 0 {
			return strconv.AppendInt(dst, int64(f.draw()), 10)
		}
		return strconv.AppendInt(dst, p.low+int64(f.below(p.span+1)), 10)
	case hexDigits:
		return f.appendText(dst, hexAlphabet, p.span)
	case letters:
		return f.appendText(dst, letterAlphabet, p.span)
	case choice:
		return append(dst, p.options[f.below(uint64(len(p.options)))]...)
	}
	return dst
}

func (f *Fill) appendText(dst []byte, alphabet string, n uint64) []byte {
	for range n {
		dst = append(dst, alphabet[f.below(uint64(len(alphabet)))])
	}
	return dst
}

// appendUUID appends a random UUID (RFC 9562, section 5.4).
func (f *Fill) appendUUID(dst []byte) []byte {
	high, low := f.draw()&^0xf000|0x4000, f.draw()&^(3<<62)|1<<63
	for i := range 32 {
		word, at := high, i
		if i >= 16 {
			word, at = low, i-16
		}
		if i == 8 || i == 12 || i == 16 || i == 20 {
			dst = append(dst, '-')
		}
		dst = append(dst, hexAlphabet[word>>(60-4*at)&15])
	}
	return dst
}
