// Package route opens connections to where the options of a run lead.
package route

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
)

// Version is the version of HTTP that a run speaks.
type Version string

// The versions.
const (
	Auto  Version = ""    // HTTP/1.1 for http, and what the server prefers for https
	HTTP1 Version = "1.1" // HTTP/1.1 alone
	HTTP2 Version = "2"   // HTTP/2 alone; for http with prior knowledge (h2c)
)

// Options say how the connections of a run are opened. The zero value opens them to the
// address of the URL, with HTTP of the version Auto.
type Options struct {
	Resolve []Override
	Sources []netip.Addr // local addresses, used in turn
	Socket  string       // path of a Unix socket that takes the place of every address
	HTTP    Version
	TLS     *tls.Config // nil means the default: the authorities of the system, and no certificate of its own
}

// An Override is the address of one host and port.
type Override struct {
	Host string // in lower case; AnyHost means each
	Port string
	To   netip.Addr
}

// AnyHost is the host of an Override for every host.
const AnyHost = "*"

// Match reports whether the override is for address, which is host:port.
func (o Override) Match(address string) bool {
	host, port, err := net.SplitHostPort(address)
	return err == nil && port == o.Port && (o.Host == AnyHost || strings.EqualFold(o.Host, host))
}

// Address is what is dialled for address, which is host:port: another one only with an override.
// One for the host itself outranks one for AnyHost.
func (o *Options) Address(address string) string {
	found := address
	for _, override := range o.Resolve {
		if override.Match(address) {
			found = net.JoinHostPort(override.To.String(), override.Port)
			if override.Host != AnyHost {
				break
			}
		}
	}
	return found
}

// A Router opens connections by its options. Many goroutines may use it; nil opens them by the zero Options.
type Router struct {
	options Options
	turn    atomic.Uint64 // of the sources
}

// New returns a router.
func New(o Options) *Router { return &Router{options: o} }

// Options returns those of the router.
func (r *Router) Options() Options {
	if r == nil {
		return Options{}
	}
	return r.options
}

// Dial opens a connection for address, which is host:port, with the other settings of the dialer.
func (r *Router) Dial(ctx context.Context, d net.Dialer, address string) (net.Conn, error) {
	if r == nil {
		return d.DialContext(ctx, "tcp", address)
	}
	if r.options.Socket != "" {
		return d.DialContext(ctx, "unix", r.options.Socket)
	}
	address = r.options.Address(address)
	if len(r.options.Sources) > 0 {
		source, err := r.source(address)
		if err != nil {
			return nil, err
		}
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
		d.Control = portLate
	}
	return d.DialContext(ctx, "tcp", address)
}

// source is the next local address of the family of address. Of a name the family is not known before it is resolved.
func (r *Router) source(address string) (netip.Addr, error) {
	literal, err := netip.ParseAddrPort(address)
	known := err == nil
	for range r.options.Sources {
		next := r.options.Sources[(r.turn.Add(1)-1)%uint64(len(r.options.Sources))]
		if !known || next.Is4() == literal.Addr().Unmap().Is4() {
			return next, nil
		}
	}
	return netip.Addr{}, fmt.Errorf("no source address is of the family of %s", literal.Addr())
}
