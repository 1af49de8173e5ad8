package transfer

import (
	"errors"
	"io"
	"net/http"
)

const firstRead = 4 << 10 // bytes: what was announced and has not come takes no more

// Receive reads the body of r whole, which the caller has bounded. The error is
// that of reading, or ErrNoRoom; the body can then be read no further.
func (p *Pool) Receive(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	t := p.begin(http.NewResponseController(w).SetReadDeadline)
	body, err := t.read(r)
	if !t.done() {
		return nil, ErrNoRoom
	}
	return body, err
}

func (t *transfer) read(r *http.Request) ([]byte, error) {
	size := int64(firstRead)
	if announced := r.ContentLength; announced > 0 && announced < size {
		size = announced
	}
	body := make([]byte, 0, size)
	t.hold(size)
	for {
		if len(body) == cap(body) {
			t.hold(2 * int64(cap(body)))
			body = append(make([]byte, 0, 2*cap(body)), body...)
		}
		if !t.extend(int64(len(body))) {
			return nil, ErrNoRoom
		}
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if errors.Is(err, io.EOF) {
			return body, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
