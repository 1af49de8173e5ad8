package target

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"loadlab/internal/decimal"
)

// Limits of a host name (RFC 1035, section 2.3.4), in bytes.
const (
	maxHostname = 253
	maxLabel    = 63
)

// checkAuthority returns what is wrong with text as host[:port] (RFC 3986, section 3.2).
func checkAuthority(text string) error {
	var port string
	var hasPort bool
	if strings.HasPrefix(text, "[") {
		literal, rest, closed := strings.Cut(text[1:], "]")
		if !closed || rest != "" && rest[0] != ':' {
			return fmt.Errorf("host %q is not [IPv6 address] or [IPv6 address]:port", text)
		}
		if address, err := netip.ParseAddr(literal); err != nil || !address.Is6() || address.Zone() != "" {
			return fmt.Errorf("host %q has no IPv6 address without a zone in its brackets", text)
		}
		port, hasPort = strings.TrimPrefix(rest, ":"), rest != ""
	} else {
		if strings.Contains(text, "@") {
			return errors.New("the URL has a user before the host; give it by --basic-auth, or as a header Authorization")
		}
		var host string
		host, port, hasPort = strings.Cut(text, ":")
		if err := checkHostname(host); err != nil {
			return err
		}
	}
	if !hasPort {
		return nil
	}
	if n, err := decimal.Int(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("port %q is not 1 to 65535", port)
	}
	return nil
}

// checkHostname returns what is wrong with text as the name of a host or an IPv4 address. An underscore is
// allowed, because names of containers have it.
func checkHostname(text string) error {
	name := strings.TrimSuffix(text, ".")
	if name == "" || len(name) > maxHostname {
		return fmt.Errorf("host %q has not 1 to %d characters", text, maxHostname)
	}
	label := ""
	for label = range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, notOfName) {
			return fmt.Errorf("host %q is no name of a host; its parts are letters, digits and hyphens", text)
		}
	}
	if strings.Trim(label, "0123456789") == "" { // only addresses end so
		if address, err := netip.ParseAddr(text); err != nil || !address.Is4() {
			return fmt.Errorf("host %q is no IPv4 address", text)
		}
	}
	return nil
}

func notOfName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
}
