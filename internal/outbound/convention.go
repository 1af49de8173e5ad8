package outbound

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"loadlab/internal/decimal"
)

// describe gives a client's span the attributes of the semantic conventions.
// The address of the peer is added to it when the request has a connection.
func describe(ctx context.Context, span trace.Span, r *http.Request, port, service string) context.Context {
	span.SetAttributes(semconv.HTTPRequestMethodKey.String(r.Method), semconv.URLFull(r.URL.Redacted()),
		semconv.ServerAddress(r.URL.Hostname()), semconv.ServicePeerName(service))
	if number, err := decimal.Int(port); err == nil {
		span.SetAttributes(semconv.ServerPort(int(number)))
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(got httptrace.GotConnInfo) {
		if peer, ok := got.Conn.RemoteAddr().(*net.TCPAddr); ok {
			span.SetAttributes(semconv.NetworkPeerAddress(peer.IP.String()), semconv.NetworkPeerPort(peer.Port))
		}
	}})
}

// outcome is the status code of the answer, if there is one, and the
// conventions' error.type, which is empty for a success.
func outcome(response *http.Response, err error) (code, class string) {
	if err != nil {
		return "", errorType(err)
	}
	code = strconv.Itoa(response.StatusCode)
	if response.StatusCode >= http.StatusBadRequest {
		class = code
	}
	return code, class
}

// conclude gives a client's span what is known when the call has ended.
func conclude(span trace.Span, response *http.Response, err error, class string) {
	if class != "" {
		span.SetAttributes(semconv.ErrorTypeKey.String(class))
	}
	switch {
	case err != nil:
		span.SetStatus(codes.Error, err.Error())
		return
	case class != "":
		span.SetStatus(codes.Error, "") // the status code says what a description would say
	}
	span.SetAttributes(semconv.HTTPResponseStatusCode(response.StatusCode), semconv.NetworkProtocolVersion(strings.TrimPrefix(response.Proto, "HTTP/")))
}

// portOf is the port of the server, also where the URL leaves it to its scheme.
func portOf(u *url.URL) string {
	switch port := u.Port(); {
	case port != "":
		return port
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// errorType is the conventions' error.type of a call without an answer, one of
// a fixed set.
func errorType(err error) string {
	var network net.Error
	var operation *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return "canceled"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.As(err, &operation) && operation.Op == "dial":
		return "connect_error"
	}
	return semconv.ErrorTypeOther.Value.AsString()
}
