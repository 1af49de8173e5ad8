package connection

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"loadlab/loadgen/cause"
	"loadlab/loadgen/record"
)

// Redirects say how far a transport follows them. The zero value follows none.
type Redirects struct {
	Most    int                       // in a row
	Allowed func(host *url.URL) error // why a host must not be loaded; nil if it may be
}

// refusedRedirect is why a redirect was not followed.
type refusedRedirect struct{ text, example string }

func (r *refusedRedirect) Error() string { return r.example }

// response is what becomes of a request whose redirect was refused.
func (r *refusedRedirect) response(status int) Response {
	return Response{Outcome: record.CheckFailed, Status: status, Cause: &cause.Cause{Text: r.text, Err: r}}
}

// exchange sends a request, and others to where the responses redirect, as far as that is wanted.
func (c *transported) exchange(request *http.Request, user *User) (*http.Response, error) {
	var jar http.CookieJar
	if user != nil {
		jar = user.Jar
	}
	if c.redirects.Most == 0 && jar == nil {
		return c.transport.RoundTrip(request)
	}
	sender := http.Client{Transport: c.transport, Jar: jar, CheckRedirect: c.redirect}
	reply, err := sender.Do(request)
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return reply, err
}

// redirect decides whether a redirect is followed.
func (c *transported) redirect(next *http.Request, sent []*http.Request) error {
	if c.redirects.Most == 0 {
		return http.ErrUseLastResponse
	}
	if len(sent) > c.redirects.Most {
		return &refusedRedirect{fmt.Sprintf("redirected again at the limit of %d in a row", c.redirects.Most), "the next one is to " + next.URL.String()}
	}
	if err := c.redirects.Allowed(next.URL); err != nil {
		return &refusedRedirect{"redirect to a host that may not be loaded", err.Error()}
	}
	if first := sent[0].URL; next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		maps.DeleteFunc(next.Header, func(name string, _ []string) bool { return !slices.Contains(harmless(), name) })
	}
	c.answered.Store(false)
	c.followed.Add(1)
	return nil
}

// harmless are the headers that follow a redirect to another host, port or scheme: others may hold credentials.
func harmless() []string {
	return []string{"Accept", "Accept-Encoding", "Accept-Language", "Content-Type", "Traceparent", "User-Agent"}
}

// Follow makes the transport follow redirects. It is called before the first Dial.
func (t *Transport) Follow(r Redirects) { t.redirects = r }

// Followed is the number of redirects that were followed so far, in the warm-up too.
func (t *Transport) Followed() uint64 { return t.followed.Load() }
