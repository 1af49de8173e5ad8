package integration

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

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

// origin is every service in this process, each on a listener of its own: the URL of each by its name.
type origin map[string]string

// startOrigin starts the services; items uses the given database, or a temporary SQLite file.
func startOrigin(t *testing.T, database string) origin {
	t.Helper()
	o := origin{}
	o["iobound"] = serve(t, iobound.Builder(), map[string]string{"ROUTES": "/io/slow=/io/wait?ms=3"})
	o["cpubound"] = serve(t, cpubound.Builder(), map[string]string{"ROUTES": "/cpu/slow=/cpu/spin?ms=3"})
	o["mixed"] = serve(t, mixed.Builder(), map[string]string{"IOBOUND_URL": o["iobound"], "CPUBOUND_URL": o["cpubound"],
		"ROUTES": "/mixed/slow=/mixed/parallel?io_ms=3&cpu_ms=3"})
	o["items"] = serve(t, items.Builder(), map[string]string{"DATABASE_URL": database})
	o["gateway"] = serve(t, gateway.Builder(), map[string]string{
		"IOBOUND_URL": o["iobound"], "CPUBOUND_URL": o["cpubound"], "MIXED_URL": o["mixed"], "ITEMS_URL": o["items"],
	})
	return o
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
	background, end := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, work := range service.Background {
		running.Go(func() {
			if err := work(background); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		server.Close()
		end()
		running.Wait()
		if service.Close != nil {
			if err := service.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := tel.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	for deadline := time.Now().Add(time.Minute); service.Ready != nil && service.Ready(t.Context()) != nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s is not ready: %v", b.Name, service.Ready(t.Context()))
		}
	}
	return server.URL
}
