package httpserver

import (
	"io"
	"net/http"
)

type connectionKey struct{}

// watch notes when a request has arrived whole and when its reply begins.
func watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := r.Context().Value(connectionKey{}).(*connection)
		if !ok || c == nil {
			next.ServeHTTP(w, r)
			return
		}
		if r.Body == nil || r.Body == http.NoBody {
			c.work()
		} else {
			r = r.WithContext(r.Context()) // net/http goes on knowing its own body by its type
			r.Body = &arriving{r.Body, c}
		}
		next.ServeHTTP(&replying{ResponseWriter: w, connection: c}, r)
	})
}

// arriving is a body whose end begins the work.
type arriving struct {
	io.ReadCloser
	connection *connection
}

func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if err == io.EOF {
		a.connection.work()
	}
	return n, err
}

// replying ends the work as the reply begins.
type replying struct {
	http.ResponseWriter
	connection *connection
	begun      bool
}

func (r *replying) begin() {
	if !r.begun {
		r.begun = true
		r.connection.transfer()
	}
}

// WriteHeader implements http.ResponseWriter.
func (r *replying) WriteHeader(status int) {
	if status >= http.StatusOK {
		r.begin()
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (r *replying) Write(data []byte) (int, error) {
	r.begin()
	return r.ResponseWriter.Write(data)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *replying) Unwrap() http.ResponseWriter { return r.ResponseWriter }
