package testkit

import (
	"io"
	"net/http"
	"testing"
)

// Guarded checks that the listener at url refuses a page of another origin and a
// name that an attacker points at it. A GET of others is answered with served.
func Guarded(t testing.TB, url string, served int) {
	t.Helper()
	for _, row := range []struct {
		host, origin string
		want         int
	}{
		{"", "", served},
		{"", "http://evil.example", http.StatusForbidden},
		{"evil.example", "", http.StatusMisdirectedRequest},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = row.host
		if row.origin != "" {
			request.Header.Set("Origin", row.origin)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != row.want {
			t.Errorf("%s with Host %q and Origin %q: status %d, %.200s %v; want %d", url, row.host, row.origin, response.StatusCode, body, err, row.want)
		}
	}
}
