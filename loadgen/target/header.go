package target

import "strings"

// Header is one field of a request.
type Header struct {
	Name, Value string
}

// SameName reports whether two headers have the same name, in which case does not matter.
func (h Header) SameName(other Header) bool { return strings.EqualFold(h.Name, other.Name) }

func (h Header) isHost() bool { return strings.EqualFold(h.Name, "Host") }

func isTokenRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// isHeader reports whether a line is a header rather than a target: a name with a colon right after it that is not the scheme of a URL.
func isHeader(line string) bool {
	name, value, ok := strings.Cut(line, ":")
	return ok && name != "" && !strings.HasPrefix(value, "//") && !strings.ContainsFunc(name, func(r rune) bool { return !isTokenRune(r) })
}
