package iobound_test

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"loadlab/internal/testkit"
)

// A full disk fails the one route that writes to it: the service is ready, the
// gateway goes on to forward its other routes, and nothing has to be restarted.
func TestAFullDisk(t *testing.T) {
	folder := testkit.SmallDisk(t, 1<<20)
	service := testkit.Start(t, "iobound", "DATA_DIR="+folder)
	gateway := testkit.Start(t, "gateway", "IOBOUND_URL="+service.URL, "LOG_LEVEL=info")
	get := func(url string, want int) (body, contentType string) {
		t.Helper()
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != want {
			t.Errorf("%s is answered %s %s: %v", url, response.Status, text, err)
		}
		return string(text), response.Header.Get("Content-Type")
	}
	get(gateway.URL+"/io/disk?kb=512", http.StatusOK)
	empty := testkit.Fill(t, folder)
	for range 50 { // more than open the breaker
		body, contentType := get(gateway.URL+"/io/disk?kb=512", http.StatusInsufficientStorage)
		if contentType != "application/problem+json" || !strings.Contains(body, "the disk has no room for 512 KiB") {
			t.Fatalf("the problem is %s %s", contentType, body)
		}
	}
	get(gateway.URL+"/io/wait?ms=1", http.StatusOK)
	get(service.AdminURL+"/readyz", http.StatusOK)
	labels := testkit.Labels{"upstream": "iobound", "state": "closed"}
	if testkit.Metrics(t, gateway.AdminURL+"/metrics").Sum("lab_breaker_state", labels) != 1 {
		t.Error("the breaker is not closed")
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*", "io-disk-*")); err != nil || len(left) != 0 {
		t.Errorf("files are left: %v %v", left, err)
	}
	empty()
	get(gateway.URL+"/io/disk?kb=512", http.StatusOK)
}
