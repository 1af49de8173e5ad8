package outbound

import (
	"errors"
	"net/url"
)

// BaseURL is the scheme and host of another service, as a variable holds it.
type BaseURL string

// UnmarshalText accepts http and https with a host and nothing after it.
func (b *BaseURL) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" ||
		u.User != nil || (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("not a base URL such as http://127.0.0.1:8081, without path, query or user")
	}
	*b = BaseURL(u.Scheme + "://" + u.Host)
	return nil
}
