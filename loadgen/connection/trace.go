package connection

import "encoding/binary"

// Trace is the W3C trace context of a request. Neither id may be zero.
type Trace struct {
	High, Low uint64 // of the trace's id
	Span      uint64
	Sampled   bool
}

// TraceID is the id of the trace as it is sent.
func (t *Trace) TraceID() (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], t.High)
	binary.BigEndian.PutUint64(id[8:], t.Low)
	return id
}

// SpanID is the id of the span as it is sent.
func (t *Trace) SpanID() (id [8]byte) {
	binary.BigEndian.PutUint64(id[:], t.Span)
	return id
}

const hexDigits = "0123456789abcdef"

// appendTraceparent appends the value of the header traceparent.
func (t *Trace) appendTraceparent(dst []byte) []byte {
	dst = append(dst, "00-"...)
	dst = appendHex(dst, t.High)
	dst = appendHex(dst, t.Low)
	dst = append(dst, '-')
	dst = appendHex(dst, t.Span)
	if t.Sampled {
		return append(dst, "-01"...)
	}
	return append(dst, "-00"...)
}

func appendHex(dst []byte, v uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[v>>shift&15])
	}
	return dst
}
