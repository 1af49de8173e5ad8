package semantics

import "net/http"

// Begin prepares a request for a handler outside of Echo and returns the writer
// for it, or false if it has answered the request.
func Begin(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, bool) {
	CloseAfterChunked(w.Header(), r)
	if !Known(r.Method) {
		WriteError(w, Unknown())
		return w, false
	}
	ExplainBody(r)
	if IsConditional(r) {
		return NewConditional(w, r), true
	}
	return w, true
}

// CloseAfterChunked has the reply to a chunked request close its connection.
//
// RFC 9112, section 6.1, asks for it where a request has a Content-Length too,
// since a proxy may have read that one instead: what follows on the connection
// could be a smuggled request. net/http drops the header before a handler sees
// it, so every chunked request is treated like that.
func CloseAfterChunked(reply http.Header, r *http.Request) {
	if len(r.TransferEncoding) > 0 {
		reply["Connection"] = []string{"close"}
	}
}
