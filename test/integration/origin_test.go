package integration

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/telemetry"
	"loadlab/internal/web"
	"loadlab/services/cpubound"
	"loadlab/services/gateway"
	"loadlab/services/iobound"
	"loadlab/services/items"
	"loadlab/services/mixed"
)

// startOrigin runs every service in this process, each on a listener of its
// own, and returns the gateway's URL.
func startOrigin(t *testing.T) string {
	t.Helper()
	io := serve(t, iobound.Builder(), map[string]string{"ROUTES": "/io/slow=/io/wait?ms=3"})
	cpu := serve(t, cpubound.Builder(), nil)
	both := serve(t, mixed.Builder(), map[string]string{"IOBOUND_URL": io, "CPUBOUND_URL": cpu})
	things := serve(t, items.Builder(), nil)
	return serve(t, gateway.Builder(), map[string]string{
		"IOBOUND_URL": io, "CPUBOUND_URL": cpu, "MIXED_URL": both, "ITEMS_URL": things,
	})
}

func serve(t *testing.T, b app.Builder, variables map[string]string) string {
	t.Helper()
	getenv := func(name string) string { return variables[name] }
	var webCfg web.Config
	var telCfg telemetry.Config
	if err := env.Parse(getenv, &webCfg, &telCfg); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	tel, err := telemetry.New(t.Context(), telCfg, telemetry.Identity{Service: b.Name, Instance: address}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	service, err := b.Build(t.Context(), app.Params{
		Getenv: getenv, Telemetry: tel, Web: webCfg, Loop: web.NewEventLoop(), Address: address,
	})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := service.Server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if service.Close != nil {
			if err := service.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := tel.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return server.URL
}
