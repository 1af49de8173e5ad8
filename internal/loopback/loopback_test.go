package loopback_test

import (
	"testing"

	"loadlab/internal/loopback"
)

func TestHost(t *testing.T) {
	for header, want := range map[string]bool{
		"localhost": true, "LocalHost:8089": true, "127.0.0.1": true, "127.9.9.9:1": true, "[::1]:8089": true, "[::1]": true, "::1": true,
		"": false, "localhost.example": false, "127.0.0.1.example:80": false, "example": false, "10.0.0.1:80": false, "0.0.0.0:80": false, "[::]:80": false,
	} {
		if got := loopback.Host(header); got != want {
			t.Errorf("%q: %t, want %t", header, got, want)
		}
	}
}
