// Package cause puts into words why a request failed.
package cause

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"loadlab/loadgen/client"
)

// A Cause is why one request failed.
type Cause struct {
	Text   string // the same for every failure of this kind
	Remedy string // what the user can do; only where the generator itself was the limit
	Err    error  // of this one request; nil if Text says everything
}

// Own reports whether the generator itself, or its machine, was the limit: nothing was sent.
func (c *Cause) Own() bool { return c != nil && c.Remedy != "" }

// Example describes this one failure.
func (c *Cause) Example() string {
	if c.Err == nil {
		return c.Text
	}
	return c.Err.Error()
}

// The causes that are no error of a connection.
var (
	NoResponse = &Cause{Text: "no response within the time limit"}
	Incomplete = &Cause{Text: "the response was not complete within the time limit"}
	Lost       = &Cause{Text: "the server closed the connection without a response"}
)

// OfCheck is the cause of a response for which a check does not hold; err describes the response.
func OfCheck(check string, err error) *Cause {
	return &Cause{Text: "check failed: " + bounded(check), Err: err}
}

// OfExtract is the cause of a response out of which a value cannot be taken by the rule.
func OfExtract(rule string, err error) *Cause {
	return &Cause{Text: "nothing to extract: " + bounded(rule), Err: err}
}

// OfConnect is why no connection could be opened.
func OfConnect(err error) *Cause {
	c := Of(err)
	var timeout net.Error
	var dns *net.DNSError
	if !errors.As(err, &dns) && errors.As(err, &timeout) && timeout.Timeout() {
		c.Text = "connecting took longer than the time limit"
	}
	return c
}

// OfCut is why a response of which bytes of the body had arrived was never complete. In its head, none have.
func OfCut(err error, bytes int64) *Cause {
	c := Of(err)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		c.Text = "the server closed the connection within the response"
	} else {
		c.Text += ", within the response"
	}
	c.Err = fmt.Errorf("after %d bytes of the body: %w", bytes, err)
	return c
}

// Of is why a request failed with err.
func Of(err error) *Cause {
	if text, remedy := own(err); remedy != "" {
		return &Cause{Text: text, Remedy: remedy, Err: err}
	}
	return &Cause{Text: words(err), Err: err}
}

func words(err error) string {
	var dns *net.DNSError
	var code syscall.Errno
	var op *net.OpError
	var record tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, client.ErrProtocol):
		return err.Error()
	case errors.As(err, &dns):
		return "DNS error: " + resolver(dns)
	case errors.As(err, &certificate):
		return "TLS certificate " + untrusted(certificate.Err)
	case errors.As(err, &op) && op.Op == "remote error": // by which crypto/tls means an alert
		return "TLS refused by the server: " + strings.TrimPrefix(op.Err.Error(), "tls: ")
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "the server does not speak TLS"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset by the server"
	case errors.As(err, &code):
		return code.Error()
	case errors.Is(err, io.EOF):
		return Lost.Text
	case errors.Is(err, context.DeadlineExceeded):
		return NoResponse.Text
	}
	return general(err.Error())
}

func resolver(err *net.DNSError) string {
	switch {
	case err.IsTimeout:
		return "no answer in time"
	case err.IsNotFound:
		return "no such host"
	}
	return general(err.Err[strings.LastIndex(err.Err, ": ")+1:]) // without the addresses, whose ports vary
}

// untrusted says what is wrong with a certificate, in words that do not depend on the time.
func untrusted(err error) string {
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		return "is signed by an unknown authority"
	case errors.As(err, &host):
		return "is not valid for " + host.Host
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "has expired or is not valid yet"
	}
	return "is not valid: " + general(err.Error())
}
