// Package loopback tells names of this machine for itself from all others.
package loopback

import (
	"net"
	"strings"
)

// Host reports whether a Host header, with a port or without, names loopback:
// localhost, or an address such as 127.0.0.1 or [::1]. Any other name may be
// one that somebody points at loopback.
func Host(header string) bool {
	name, _, err := net.SplitHostPort(header)
	if err != nil {
		name = header
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}
