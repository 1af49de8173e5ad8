package console

import (
	"crypto/subtle"
	"errors"
	"net"
	"net/http"

	"loadlab/internal/httpjson"
	"loadlab/internal/web/semantics"
)

const tokenHeader = "X-Loadlab-Token" //nolint:gosec // G101: the name of a header, not a token

// tokens refuse changes that the console's own page has not asked for. Another
// page can neither read the token nor send the cookie; a program can, if it asks
// for them as the page does.
type tokens struct {
	token string
}

func (k tokens) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := k.check(r); err != nil {
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

func (k tokens) check(r *http.Request) error {
	if !k.matches(r.Header.Get(tokenHeader)) {
		return errors.New("the header " + tokenHeader + " is not the token of /config.json; it is another one after each start")
	}
	cookie, err := r.Cookie(cookieName(r.Host))
	if err != nil || !k.matches(cookie.Value) {
		return errors.New("the cookie that /config.json sets is missing; are cookies allowed here?")
	}
	return nil
}

func (k tokens) matches(text string) bool {
	return subtle.ConstantTimeCompare([]byte(text), []byte(k.token)) == 1
}

// cookie is the half that the browser sends automatically, though never for another site.
func (k tokens) cookie(host string) *http.Cookie {
	return &http.Cookie{Name: cookieName(host), Value: k.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode} //nolint:gosec // G124: loopback has no TLS, so Secure would drop the cookie
}

// cookieName has the port, since a browser sends cookies to every port of a host.
func cookieName(host string) string {
	_, port, err := net.SplitHostPort(host)
	if err != nil {
		port = "80"
	}
	return "loadlab-" + port
}
