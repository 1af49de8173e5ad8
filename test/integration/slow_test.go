package integration

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"loadlab/internal/testkit"
)

const containerMemory = 128 << 20 // of a service in docker-compose.yml

// others sends requests, each on a connection of its own, and returns how many were served.
func others(t *testing.T, n int, url string) (served int) {
	t.Helper()
	for range n {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "GET /io/wait?ms=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); err != nil {
			t.Log(err)
		}
		if reply, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
			t.Log(err)
		} else if reply.StatusCode == http.StatusOK {
			served++
		} else {
			t.Log(reply.Status)
		}
		conn.Close()
	}
	return served
}

const (
	slowBody  = "POST /io/wait HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
	largeBody = "POST /io/wait HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 65536\r\n\r\n{"
	slowHead  = "GET /io/wait HTTP/1.1\r\nHost:"
)

// TestSlowBodiesLeaveRoomForOthers has 2,000 bodies that do not arrive, four times as
// many as the group and the service have slots for requests.
func TestSlowBodiesLeaveRoomForOthers(t *testing.T) {
	waiting := testkit.Start(t, "iobound", "MAX_CONCURRENCY=512")
	door := testkit.Start(t, "gateway", "IOBOUND_URL="+waiting.URL)
	for name, url := range map[string]string{"gateway": door.URL, "iobound": waiting.URL} {
		t.Run(name, func(t *testing.T) {
			testkit.Hold(t, 2000, strings.TrimPrefix(url, "http://"), slowBody)
			if served := others(t, 40, url); served != 40 {
				t.Errorf("%d of 40 other requests were served", served)
			}
		})
	}
}

// TestConnectionsFitIntoTheContainer opens far more connections than there may
// be, to a gateway with the memory of its container.
func TestConnectionsFitIntoTheContainer(t *testing.T) {
	waiting := testkit.Start(t, "iobound")
	for _, row := range []struct {
		name, text  string
		connections int
	}{
		{"idle", "", 10_000},
		{"half a head", slowHead, 15_000},
		{"half a body", slowBody, 15_000},
		{"half of a large body", largeBody + strings.Repeat(" ", 30<<10), 5000},
	} {
		t.Run(row.name, func(t *testing.T) {
			door := testkit.Start(t, "gateway", "IOBOUND_URL="+waiting.URL, "GOMEMLIMIT=96MiB", "LOG_LEVEL=info")
			if err := door.LimitMemory(containerMemory); err != nil {
				t.Log(err, "- its memory is measured only")
			}
			testkit.Hold(t, row.connections, strings.TrimPrefix(door.URL, "http://"), row.text)
			if served := others(t, 40, door.URL); served != 40 {
				t.Errorf("%d of 40 other requests were served", served)
			}
			metrics := testkit.Metrics(t, door.AdminURL+"/metrics")
			traffic := testkit.Labels{"listener": "traffic"}
			if open, most := metrics.Sum("lab_connections", traffic), metrics.Sum("lab_connections_limit", traffic); open > most || most == 0 {
				t.Errorf("%v connections are open, %v may be", open, most)
			}
			peak := door.PeakMemory(t)
			t.Logf("%d connections: at most %d MiB", row.connections, peak>>20)
			if peak > containerMemory {
				t.Errorf("the gateway took %d bytes, the container has %d", peak, containerMemory)
			}
		})
	}
}
