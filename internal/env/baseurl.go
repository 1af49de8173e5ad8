package env

import (
	"errors"
	"net/url"
	"strings"

	"loadlab/internal/decimal"
)

// BaseURL is the address of a server that callers append paths to. It has no
// slash at the end.
type BaseURL string

// UnmarshalText accepts what ParseBaseURL does.
func (b *BaseURL) UnmarshalText(text []byte) error {
	u, err := ParseBaseURL(string(text))
	if err != nil {
		return err
	}
	*b = BaseURL(u.String())
	return nil
}

// ParseBaseURL reads a URL of scheme http or https with a host and perhaps a
// path. A user, a query or a fragment would be lost when a path is appended, so
// they are refused. Slashes at the end are dropped.
func ParseBaseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || !validPort(u) ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, errors.New("not a base URL such as http://127.0.0.1:8081, without user, query or fragment")
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}, nil
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := decimal.Int(u.Port())
	return err == nil && port >= 1 && port <= 65535
}
