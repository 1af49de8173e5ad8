// Package loopback recognises the names by which a machine reaches itself.
package loopback

import (
	"net"
	"strings"
)

// Host reports whether a Host header, with a port or without, names loopback:
// localhost, or an address such as 127.0.0.1 or [::1]. An attacker
// can point any other name at loopback.
func Host(header string) bool {
	name, _, err := net.SplitHostPort(header)
	if err != nil {
		name = header
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}
