// Package target describes the requests that load consists of.
package target

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"loadlab/loadgen/extract"
	"loadlab/loadgen/responsecheck"
)

// Target is one kind of request. Its path with query, header values and body
// may contain the placeholders of Values.
type Target struct {
	Name    string // label of the metrics; "METHOD /path" unless it is given
	Weight  int    // share in the mix, at least 1
	Method  string
	URL     string
	Headers []Header
	Body    string
	Checks  []*responsecheck.Check // of each whole response
	Extract []*extract.Rule        // out of each success, for later requests of a chain

	scheme, host string     // host has a port only if the URL has one
	authority    template   // what the requests name as their host
	path         template   // with the query
	headers      []template // the values of AllHeaders
	head         template
	body         template
	consumes     bool
}

// Methods are those a target can have.
func Methods() []string {
	return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
}

// Limits of a target.
const (
	MaxWeight = 1000
	MaxBody   = 1 << 20 // bytes
	MaxURL    = 8192    // bytes
)

// New completes t, which needs a URL, and checks it. The error names every
// field that cannot be used.
func New(t Target) (Target, error) {
	if t.Method == "" {
		t.Method = "GET"
	}
	if t.Weight == 0 {
		t.Weight = 1
	}
	var errs []error
	if !slices.Contains(Methods(), t.Method) {
		errs = append(errs, fmt.Errorf("method %q is not one of %s", t.Method, strings.Join(Methods(), ", ")))
	}
	if t.Weight < 1 || t.Weight > MaxWeight {
		errs = append(errs, fmt.Errorf("weight %d is not 1 to %d", t.Weight, MaxWeight))
	}
	if len(t.Body) > MaxBody {
		errs = append(errs, fmt.Errorf("body has %d bytes, more than %d", len(t.Body), MaxBody))
	}
	path, err := t.splitURL()
	errs = append(errs, err)
	hosts := 0
	for _, h := range t.Headers {
		errs = append(errs, h.check())
		if h.isHost() {
			hosts++
		}
	}
	if hosts > 1 {
		errs = append(errs, errors.New("header Host is given twice"))
	}
	if err := errors.Join(errs...); err != nil {
		return Target{}, fmt.Errorf("target %q: %w", t.Method+" "+withoutUser(t.URL), err)
	}
	if t.Name == "" {
		route, _, _ := strings.Cut(path, "?")
		t.Name = t.Method + " " + route
	}
	if err := t.compile(path); err != nil {
		return Target{}, fmt.Errorf("target %q: %w", t.Method+" "+t.URL, err)
	}
	return t, nil
}

// withoutUser is the URL as messages show it: a user may come with a password.
func withoutUser(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	host, path := rest, ""
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		host, path = rest[:at], rest[at:]
	}
	at := strings.LastIndex(host, "@")
	if !ok || at < 0 {
		return url
	}
	return scheme + "://…" + host[at:] + path
}

// splitURL sets scheme and host, and returns the path with the query.
func (t *Target) splitURL() (string, error) {
	if len(t.URL) > MaxURL {
		return "", fmt.Errorf("url has %d bytes, more than %d", len(t.URL), MaxURL)
	}
	for _, r := range t.URL {
		if r <= ' ' || r >= 0x7f {
			return "", fmt.Errorf("url must be of printable ASCII without spaces")
		}
	}
	// Placeholders are no valid URL characters in every place, so only the part before the path is checked.
	scheme, rest, ok := strings.Cut(t.URL, "://")
	at := strings.IndexAny(rest, "/?#")
	if at < 0 {
		at = len(rest)
	}
	if !ok || rest[:at] == "" || scheme != "http" && scheme != "https" {
		return "", fmt.Errorf("url must be http://host/path or https://host/path")
	}
	if err := checkAuthority(rest[:at]); err != nil {
		return "", err
	}
	t.scheme, t.host = scheme, rest[:at]
	path, _, _ := strings.Cut(rest[at:], "#")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path, nil
}

// Scheme is http or https.
func (t *Target) Scheme() string { return t.scheme }

// Host is the host of the URL, with a port only if the URL has one.
func (t *Target) Host() string { return t.host }

// Hostname is the host of the URL without port or brackets.
func (t *Target) Hostname() string {
	u := url.URL{Host: t.host}
	return u.Hostname()
}

// Address is host:port to dial.
func (t *Target) Address() string {
	u := url.URL{Host: t.host}
	if u.Port() != "" {
		return t.host
	}
	port := "80"
	if t.scheme == "https" {
		port = "443"
	}
	return t.host + ":" + port
}

func (h Header) check() error {
	if h.Name == "" || strings.ContainsFunc(h.Name, func(r rune) bool { return !isTokenRune(r) }) {
		return fmt.Errorf("header name %q must be of letters, digits or hyphens", h.Name)
	}
	if h.isHost() {
		return h.checkHost()
	}
	for _, own := range []string{"content-length", "transfer-encoding", "connection", "traceparent"} {
		if strings.EqualFold(h.Name, own) {
			return fmt.Errorf("header %s is set by the generator", h.Name)
		}
	}
	if strings.ContainsFunc(h.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return fmt.Errorf("value of header %s has a control character", h.Name)
	}
	return nil
}

// checkHost returns what is wrong with the value of a header Host, whose placeholders become numbers or names.
func (h Header) checkHost() error {
	filled, err := parseTemplate(h.Value, false, inHeader) // braces that are left are no part of a name
	if err == nil {
		err = checkAuthority(string(filled.append(nil, &Values{Created: []byte("1"), Fill: &Fill{}})))
	}
	if err != nil {
		return fmt.Errorf("header Host: %w", err)
	}
	return nil
}
