package arrival_test

import (
	"io"
	"net"
	"testing"

	"loadlab/internal/arrival"
)

// BenchmarkRead is what a request of 100 bytes costs to send and read, without
// and with its time of receipt: the difference is the price of the latter.
func BenchmarkRead(b *testing.B) {
	for _, row := range []struct {
		name string
		wrap func(*net.TCPConn) net.Conn
	}{
		{"plain", func(conn *net.TCPConn) net.Conn { return conn }},
		{"dated", func(conn *net.TCPConn) net.Conn { return arrival.NewConn(conn) }},
	} {
		b.Run(row.name, func(b *testing.B) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			defer listener.Close()
			client, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			defer client.Close()
			accepted, err := listener.Accept()
			if err != nil {
				b.Fatal(err)
			}
			defer accepted.Close()
			server := row.wrap(accepted.(*net.TCPConn))
			request, buffer := make([]byte, 100), make([]byte, 4<<10)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.Write(request); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadAtLeast(server, buffer, len(request)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
