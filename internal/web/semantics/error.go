package semantics

import (
	"net/http"

	"loadlab/internal/httpjson"
	"loadlab/internal/web/problem"
)

// WriteError answers with the problem that err is or wraps, and with 500 for any other error.
func WriteError(w http.ResponseWriter, err error) {
	p := problem.Of(err)
	httpjson.Problem(w, p.Status, p.Detail)
}
