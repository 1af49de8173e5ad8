package console

import (
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"net/url"

	"loadlab/internal/httpjson"
	"loadlab/internal/loopback"
	"loadlab/internal/web/semantics"
)

const tokenHeader = "X-Loadlab-Token"

// guard refuses changes that the console's own page has not asked for. Another
// page can neither read the token, nor send the cookie, nor hide its origin;
// one whose name an attacker points at loopback has the wrong name.
type guard struct {
	token string
}

func (g guard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.check(r); err != nil {
			httpjson.Problem(w, http.StatusForbidden, err.Error())
			return
		}
		if err := semantics.CheckUntagged(r); err != nil {
			semantics.WriteError(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (g guard) check(r *http.Request) error {
	if !loopback.Host(r.Host) {
		return errors.New("changes are taken under a name of loopback alone, such as 127.0.0.1 or localhost")
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return errors.New("changes from another origin are refused")
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return errors.New("changes from another site are refused")
	}
	if !g.matches(r.Header.Get(tokenHeader)) {
		return errors.New("the header " + tokenHeader + " is not the token of /config.json; it is another one after each start")
	}
	cookie, err := r.Cookie(cookieName(r.Host))
	if err != nil || !g.matches(cookie.Value) {
		return errors.New("the cookie that /config.json sets is missing; are cookies allowed here?")
	}
	return nil
}

func (g guard) matches(text string) bool {
	return subtle.ConstantTimeCompare([]byte(text), []byte(g.token)) == 1
}

// cookie is the half that the browser sends automatically, though never for another site.
func (g guard) cookie(host string) *http.Cookie {
	return &http.Cookie{Name: cookieName(host), Value: g.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

// cookieName has the port, since a browser sends cookies to every port of a host.
func cookieName(host string) string {
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		port = "80"
	}
	return "loadlab-" + port
}
