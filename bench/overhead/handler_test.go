package overhead_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"loadlab/internal/telemetry"
	"loadlab/internal/web"
	"loadlab/services/iobound"
)

// BenchmarkHandler times the handlers alone, without the network.
func BenchmarkHandler(b *testing.B) {
	tel, err := telemetry.New(b.Context(), telemetry.Config{LogLevel: "info"}, telemetry.Identity{Service: "iobound"}, io.Discard)
	if err != nil {
		b.Fatal(err)
	}
	full, err := iobound.New(web.Config{MaxConcurrency: 100, RequestTimeout: 1e10, MaxBody: 1 << 16},
		tel, b.TempDir(), web.NewEventLoop(), nil).Handler()
	if err != nil {
		b.Fatal(err)
	}
	for name, handler := range map[string]http.Handler{"bare": bareEcho(), "full": full} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			request := httptest.NewRequest(http.MethodGet, "/io/wait?ms=0", http.NoBody)
			for b.Loop() {
				handler.ServeHTTP(httptest.NewRecorder(), request)
			}
		})
	}
}
