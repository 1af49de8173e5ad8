package web

import (
	"net"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"loadlab/internal/decimal"
)

// scheme is that of the services, which speak no TLS.
const scheme = "http"

// requestAttributes are those of the semantic conventions for a server's span
// that are known when the request has been read.
func requestAttributes(r *http.Request, e *exchange) []attribute.KeyValue {
	attrs := make([]attribute.KeyValue, 0, 16)
	attrs = append(attrs, semconv.HTTPRequestMethodKey.String(e.endpoint.method))
	if e.endpoint.method == otherMethod {
		attrs = append(attrs, semconv.HTTPRequestMethodOriginal(r.Method))
	}
	attrs = append(attrs, semconv.URLScheme(scheme), semconv.URLPath(r.URL.Path), semconv.NetworkProtocolVersion(r.Proto[len("HTTP/"):]))
	if r.URL.RawQuery != "" {
		attrs = append(attrs, semconv.URLQuery(r.URL.RawQuery))
	}
	if e.endpoint.route != unmatched {
		attrs = append(attrs, semconv.HTTPRoute(e.endpoint.route))
	}
	if agent := r.UserAgent(); agent != "" {
		attrs = append(attrs, semconv.UserAgentOriginal(agent))
	}
	if host, port := splitHost(r.Host); host != "" {
		attrs = append(attrs, semconv.ServerAddress(host), semconv.ServerPort(port))
	}
	if host, text, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		attrs = append(attrs, semconv.ClientAddress(host), semconv.NetworkPeerAddress(host))
		if port, err := decimal.Int(text); err == nil {
			attrs = append(attrs, semconv.NetworkPeerPort(int(port)))
		}
	}
	return attrs
}

// splitHost splits what a client calls the server. Without a port it is the
// scheme's own.
func splitHost(hostport string) (host string, port int) {
	const defaultPort = 80
	host, text, err := net.SplitHostPort(hostport)
	if err != nil { // there is none; an IPv6 address may still have its brackets
		if n := len(hostport); n > 1 && hostport[0] == '[' && hostport[n-1] == ']' {
			hostport = hostport[1 : n-1]
		}
		return hostport, defaultPort
	}
	number, err := decimal.Int(text)
	if err != nil || number < 1 || number > 65535 {
		return host, defaultPort
	}
	return host, int(number)
}
