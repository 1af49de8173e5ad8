package env_test

import (
	"strings"
	"testing"

	"loadlab/internal/env"
)

func TestBaseURL(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"host and port", "http://127.0.0.1:8081", "http://127.0.0.1:8081"},
		{"a host alone", "https://collector", "https://collector"},
		{"IPv6", "http://[::1]:8081", "http://[::1]:8081"},
		{"a slash at the end", "http://host/", "http://host"},
		{"a path", "https://host/prometheus/", "https://host/prometheus"},
		{"a path with a blank", "http://host/a%20b", "http://host/a%20b"},
		{"capital letters in the scheme", "HTTP://host", "http://host"},
		{"no scheme", "localhost:8081", ""},
		{"no scheme, a number", "127.0.0.1:8081", ""},
		{"another scheme", "ftp://host", ""},
		{"no host", "http://", ""},
		{"a port alone", "http://:8081", ""},
		{"a path alone", "http:///path", ""},
		{"a port that is none", "http://host:http", ""},
		{"a port that is too high", "http://host:65536", ""},
		{"port 0", "http://host:0", ""},
		{"an empty port", "http://host:", ""},
		{"a user", "http://a:b@host", ""},
		{"a query", "http://host?x=1", ""},
		{"an empty query", "http://host?", ""},
		{"a fragment", "http://host#top", ""},
		{"a line break", "http://host\n", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got env.BaseURL
			err := got.UnmarshalText([]byte(row.text))
			if string(got) != row.want || (err == nil) != (row.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, row.want)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "not a base URL such as ") {
				t.Errorf("got %q", err)
			}
		})
	}
}

// A base URL that is not set stays empty, without an error.
func TestBaseURLOfAnEmptyVariable(t *testing.T) {
	var cfg struct {
		Collector env.BaseURL `env:"COLLECTOR" help:"collector"`
	}
	err := env.Parse(func(string) string { return "" }, &cfg)
	if err != nil || cfg.Collector != "" {
		t.Errorf("got %q, %v", cfg.Collector, err)
	}
	err = env.Parse(func(string) string { return "host:4318" }, &cfg)
	if err == nil || !strings.Contains(err.Error(), `COLLECTOR="host:4318": not a base URL such as`) {
		t.Errorf("got %v", err)
	}
}
