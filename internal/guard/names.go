package guard

import (
	"fmt"
	"net"
	"strings"
)

// Names are host names under which a listener is called, besides those of loopback.
type Names []string

// UnmarshalText reads names that are separated by commas, without scheme or
// port. Blanks, and commas without a name, are ignored.
func (n *Names) UnmarshalText(text []byte) error {
	var all Names
	for part := range strings.SplitSeq(string(text), ",") {
		name := strings.ToLower(strings.TrimSpace(part))
		if name == "" {
			continue
		}
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-._") != "" {
			return fmt.Errorf("%q is not a host name such as lab.example, without scheme and port", name)
		}
		all = append(all, name)
	}
	*n = all
	return nil
}

// hostname is a Host header without its port, in lower case.
func hostname(header string) string {
	name, _, err := net.SplitHostPort(header)
	if err != nil {
		name = header
	}
	return strings.ToLower(strings.Trim(name, "[]"))
}

// isLoopback reports whether a name without a port is localhost, or an address
// such as 127.0.0.1 or ::1. An attacker can point any other name at loopback.
func isLoopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
