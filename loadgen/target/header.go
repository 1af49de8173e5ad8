package target

import "strings"

// Header is one field of a request.
type Header struct {
	Name, Value string
}

func (h Header) isHost() bool { return strings.EqualFold(h.Name, "Host") }

func isTokenRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}
