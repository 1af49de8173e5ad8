// Package guard keeps web pages of other origins away from a listener.
//
// A browser sends requests to loopback for any page that it shows, and takes a
// name that an attacker points at loopback for an origin of its own. Programs
// that are not browsers send neither Origin nor Sec-Fetch-Site, so the guard
// asks of them only that they call the listener by a name that it knows.
package guard

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"loadlab/internal/httpjson"
)

// Guard is the rule of one listener. The zero value answers to loopback names and IP addresses.
type Guard struct {
	setting string
	names   Names
}

// New returns the rule of a listener that also answers to names. Replies that
// refuse a request name the setting that has the names.
func New(setting string, names Names) Guard { return Guard{setting, names} }

// Wrap lets through to next: requests of programs, of the listener's own pages,
// and links to it that a reader follows. It answers 421 if Host is
// not a name of the listener, and 403 if a page of another origin has caused
// the request.
func (g Guard) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !g.knows(r.Host) {
			httpjson.Problem(w, http.StatusMisdirectedRequest, fmt.Sprintf("Host is %.100q; this listener answers to %s", r.Host, g.allowed()))
			return
		}
		if reason := g.refuse(r); reason != "" {
			httpjson.Problem(w, http.StatusForbidden, reason)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Own reports whether pages under the name of a Host header may make changes:
// under loopback names and those of the setting, which no attacker can own.
func (g Guard) Own(host string) bool {
	name := hostname(host)
	return isLoopback(name) || slices.Contains(g.names, name)
}

// knows accepts any IP address too: to be reached under one, no name is needed
// that could be pointed elsewhere.
func (g Guard) knows(host string) bool {
	return g.Own(host) || net.ParseIP(hostname(host)) != nil
}

func (g Guard) allowed() string {
	text := "localhost and IP addresses"
	if len(g.names) > 0 {
		text += ", and to " + strings.Join(g.names, ", ")
	}
	if g.setting != "" {
		text += "; " + g.setting + " adds names"
	}
	return text
}

// refuse returns why a page's request is refused, or "".
func (g Guard) refuse(r *http.Request) string {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || u.Host != r.Host {
			return "requests of pages of another origin are refused"
		}
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch site {
	case "", "same-origin", "none":
	default:
		if !reads || !follows(r) {
			return "requests of pages of another site are refused"
		}
	}
	if cmp.Or(origin, site) != "" && !reads && !g.Own(r.Host) {
		return "pages may make changes only under a loopback name, such as 127.0.0.1 or localhost" + g.otherwise()
	}
	return ""
}

func (g Guard) otherwise() string {
	if g.setting == "" {
		return ""
	}
	return ", or one of " + g.setting
}

// follows reports whether a reader opens the reply as a page of its own, which
// the page with the link cannot read.
func follows(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}
