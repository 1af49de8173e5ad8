package loopback

import (
	"errors"
	"net/http"
	"net/url"
)

// SameOrigin returns an error if a browser sent the request for a page of
// another origin, or for a page whose name an attacker points at loopback.
// Programs that are no browsers send none of the headers that it looks at.
func SameOrigin(r *http.Request) error {
	if origin := r.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
			return errors.New("changes from another origin are refused")
		}
		if !Host(r.Host) {
			return errors.New("web pages may make changes only under a loopback name, such as 127.0.0.1 or localhost")
		}
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return errors.New("changes from another site are refused")
	}
	return nil
}
