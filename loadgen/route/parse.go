package route

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"loadlab/internal/decimal"
)

// maxEntries bounds the overrides and the source addresses of a run.
const maxEntries = 1000

// ParseResolve reads overrides as curl writes them, separated by commas: host:port:address. The host may be
// AnyHost; IPv6 addresses may be in brackets, and a host that is one must be.
func ParseResolve(text string) ([]Override, error) {
	var all []Override
	seen := map[string]bool{}
	for _, entry := range split(text) {
		o, err := parseOverride(entry)
		if err != nil {
			return nil, fmt.Errorf("%q is not host:port:address: %w", entry, err)
		}
		key := net.JoinHostPort(o.Host, o.Port)
		if seen[key] {
			return nil, fmt.Errorf("%s has two addresses", key)
		}
		seen[key] = true
		all = append(all, o)
	}
	if len(all) > maxEntries {
		return nil, fmt.Errorf("%d overrides, more than %d", len(all), maxEntries)
	}
	return all, nil
}

func parseOverride(entry string) (Override, error) {
	var host, rest string
	var ok bool
	if literal, isLiteral := strings.CutPrefix(entry, "["); isLiteral {
		if host, rest, ok = strings.Cut(literal, "]:"); !ok {
			return Override{}, errors.New("a bracket is not closed")
		}
		address, err := netip.ParseAddr(host)
		if err != nil {
			return Override{}, fmt.Errorf("host %q is no IPv6 address", host)
		}
		host = address.String()
	} else if host, rest, ok = strings.Cut(entry, ":"); !ok || host == "" {
		return Override{}, errors.New("the host is missing")
	}
	port, address, ok := strings.Cut(rest, ":")
	if !ok {
		return Override{}, errors.New("the address is missing")
	}
	n, err := decimal.Int(port)
	if err != nil || n < 1 || n > 65535 {
		return Override{}, fmt.Errorf("port %q is not 1 to 65535", port)
	}
	to, err := parseAddress(address)
	if err != nil {
		return Override{}, err
	}
	return Override{Host: strings.ToLower(host), Port: fmt.Sprint(n), To: to}, nil
}

func parseAddress(text string) (netip.Addr, error) {
	if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
		text = strings.TrimSuffix(inner, "]")
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("%q is no IP address", text)
	}
	return address.Unmap(), nil
}

// ParseSources reads local IP addresses, separated by commas. Each must belong to this machine.
func ParseSources(text string) ([]netip.Addr, error) {
	var all []netip.Addr
	for _, entry := range split(text) {
		address, err := parseAddress(entry)
		if err != nil {
			return nil, err
		}
		listener, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(address, 0)))
		if err != nil {
			return nil, fmt.Errorf("connections cannot come from %s: %w", address, err)
		}
		_ = listener.Close() // it was only to see whether it can be opened
		all = append(all, address)
	}
	if len(all) > maxEntries {
		return nil, fmt.Errorf("%d source addresses, more than %d", len(all), maxEntries)
	}
	return all, nil
}

// split splits at commas and leaves out what is empty.
func split(text string) []string {
	var entries []string
	for entry := range strings.SplitSeq(text, ",") {
		if entry = strings.TrimSpace(entry); entry != "" {
			entries = append(entries, entry)
		}
	}
	return entries
}
