package semantics

import (
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"

	"loadlab/internal/web/problem"
)

// ExplainBody has errors of reading the body of r tell whose fault they are: the
// client's. Each is a *problem.Problem.
func ExplainBody(r *http.Request) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &explained{r.Body}
	}
}

type explained struct{ io.ReadCloser }

func (e *explained) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader returns it bare
		err = explain(err)
	}
	return n, err
}

func explain(err error) error {
	var known *problem.Problem
	var large *http.MaxBytesError
	var network net.Error
	switch {
	case errors.As(err, &known), errors.As(err, &large):
		return err
	case errors.As(err, &network) && network.Timeout():
		return problem.New(http.StatusRequestTimeout, "the body did not arrive in time").Because(err)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, net.ErrClosed):
		return problem.New(problem.StatusClientClosed, "").Because(err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return problem.New(http.StatusBadRequest, "the body ends before its announced end").Because(err)
	}
	return problem.New(http.StatusBadRequest, "the body is malformed: "+err.Error()).Because(err)
}
