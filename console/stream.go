package console

import (
	"net/http"
	"time"
)

// stream lets an answer last as long as its reader takes it.
func (c *console) stream(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&patient{ResponseWriter: w, deadlines: http.NewResponseController(w), stall: c.stall}, r)
	})
}

// patient extends the write deadline with each write, so that a stream outlives
// its server's WriteTimeout, though not its reader.
type patient struct {
	http.ResponseWriter
	deadlines *http.ResponseController
	stall     time.Duration
}

func (p *patient) Write(data []byte) (int, error) {
	_ = p.deadlines.SetWriteDeadline(time.Now().Add(p.stall)) // where there are none, the connection's end is the reader's
	return p.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
