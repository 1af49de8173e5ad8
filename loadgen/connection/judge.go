package connection

import (
	"errors"
	"io"
	"net/http"
	"time"

	"loadlab/loadgen/cause"
	"loadlab/loadgen/record"
	"loadlab/loadgen/responsecheck"
)

// read reads a body to its end and returns its length. As much of it is kept as checks see.
func (c *transported) read(body io.Reader, keep bool) (int64, error) {
	c.body.Reset()
	if !keep {
		return io.Copy(io.Discard, body)
	}
	kept, err := io.CopyN(&c.body, body, responsecheck.MaxBody)
	if err != nil { // it is not longer than that, or broken
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return kept, err
	}
	rest, err := io.Copy(io.Discard, body)
	return kept + rest, err
}

// judge sets the outcome of a whole response by the checks of its target, and extracts what it gives the user.
func (c *transported) judge(r *Response, sent *Request, reply *http.Response) {
	t := sent.Target
	r.Read = time.Now()
	if t.JudgesStatus() {
		r.Outcome = record.OK
	}
	if r.Outcome != record.OK {
		return
	}
	seen := responsecheck.Response{Status: r.Status, Header: reply.Header, Body: c.body.Bytes(), Size: r.Bytes}
	if failed, why := t.Judge(&seen); failed != nil {
		r.Outcome, r.Cause = record.CheckFailed, cause.OfCheck(failed.String(), why)
		return
	}
	if sent.User != nil {
		sent.User.extract(r, t, &seen)
	}
}
