package loopback_test

import (
	"net/http/httptest"
	"testing"

	"loadlab/internal/loopback"
)

func TestSameOrigin(t *testing.T) {
	for _, row := range []struct {
		name, host, origin, site string
		allowed                  bool
	}{
		{"no browser", "127.0.0.1:9081", "", "", true},
		{"no browser, by a container's name", "cpubound:9464", "", "", true},
		{"its own page", "localhost:8089", "http://localhost:8089", "same-origin", true},
		{"typed by the user", "localhost:8089", "", "none", true},
		{"another page", "127.0.0.1:9081", "http://evil.example", "", false},
		{"another port", "127.0.0.1:9081", "http://127.0.0.1:8089", "", false},
		{"a page without an origin", "127.0.0.1:9081", "null", "", false},
		{"an origin that is no URL", "127.0.0.1:9081", "http://%zz", "", false},
		{"a name that is pointed at loopback", "evil.example:9081", "http://evil.example:9081", "same-origin", false},
		{"another site without an origin", "127.0.0.1:9081", "", "cross-site", false},
		{"another port of this site", "127.0.0.1:9081", "", "same-site", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "http://"+row.host+"/fault", nil)
			for name, value := range map[string]string{"Origin": row.origin, "Sec-Fetch-Site": row.site} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			if err := loopback.SameOrigin(r); (err == nil) != row.allowed {
				t.Errorf("error %v, want allowed %t", err, row.allowed)
			}
		})
	}
}
