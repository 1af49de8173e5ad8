package client

import (
	"bytes"
	"encoding/binary"
)

var endOfHead = []byte("\r\n\r\n")

// headEnd returns where the head ends that begins text: behind its first empty line. Lines may end with a line
// feed alone (RFC 9112, section 2.2). It is -1 if there is none; no line feed before from has an empty line behind it.
func headEnd(text []byte, from int) int {
	for at := from; ; at++ {
		next := bytes.IndexByte(text[at:], '\n')
		if next < 0 {
			return -1
		}
		switch at += next; {
		case bytes.HasPrefix(text[at+1:], []byte("\n")):
			return at + 2
		case bytes.HasPrefix(text[at+1:], []byte("\r\n")):
			return at + 3
		}
	}
}

// tokens are the bytes of a token (RFC 9110, section 5.6.2).
var tokens = func() (set [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		set[c] = true
	}
	return set
}()

func isToken(b []byte) bool {
	for _, c := range b {
		if !tokens[c] {
			return false
		}
	}
	return true
}

// hasControl reports whether b has a control character other than the tab. It looks at eight bytes at a time.
func hasControl(b []byte) bool {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	for ; len(b) >= 8; b = b[8:] {
		word := binary.LittleEndian.Uint64(b)
		deleted := word ^ 0x7f*ones
		if (word-0x20*ones)&^word&high != 0 || (deleted-ones)&^deleted&high != 0 {
			if controls(b[:8]) {
				return true
			}
		}
	}
	return controls(b)
}

func controls(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// foldEqual compares b with lower, an ASCII text in lower case, regardless of case.
func foldEqual(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
