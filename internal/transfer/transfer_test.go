package transfer_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"loadlab/internal/transfer"
)

func content(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i % 251)
	}
	return data
}

// post is a request with a body, whose length is known or not.
func post(body io.Reader, length int64) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.ContentLength = length
	return r
}

// One body after the other, each with more than half of the memory: it is given back.
func TestBodiesAreReceivedWhole(t *testing.T) {
	pool := transfer.NewPool(transfer.Limits{Memory: 200_000})
	for _, size := range []int{0, 1, 4095, 4096, 4097, 65_536, 100_000, 300_000} {
		for _, length := range []int64{int64(size), -1} {
			got, err := pool.Receive(httptest.NewRecorder(), post(bytes.NewReader(content(size)), length))
			if err != nil || !bytes.Equal(got, content(size)) {
				t.Errorf("a body of %d bytes, announced as %d: %d bytes, %v", size, length, len(got), err)
			}
		}
	}
}

func TestErrorsOfReadingAreReturned(t *testing.T) {
	pool := transfer.NewPool(transfer.Limits{})
	broken := errors.New("broken")
	_, err := pool.Receive(httptest.NewRecorder(), post(io.MultiReader(bytes.NewReader(content(10)), errorReader{broken}), 100))
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func TestRepliesAreSentWhole(t *testing.T) {
	pool := transfer.NewPool(transfer.Limits{Memory: 100_000})
	for _, pieces := range [][]int{{1}, {16 << 10}, {1, 16 << 10, 1}, {300_000}, {40_000, 40_000}} {
		recorder := httptest.NewRecorder()
		writer := pool.Send(recorder)
		var want []byte
		for _, size := range pieces {
			want = append(want, content(size)...)
			if n, err := writer.Write(content(size)); n != size || err != nil {
				t.Errorf("%v: %d bytes of %d, %v", pieces, n, size, err)
			}
		}
		if slow := writer.Done(); slow || !bytes.Equal(recorder.Body.Bytes(), want) {
			t.Errorf("%v: slow %t, %d bytes of %d", pieces, slow, recorder.Body.Len(), len(want))
		}
	}
	// The memory of those has been given back, so two of 40,000 fit.
	first, second := pool.Send(httptest.NewRecorder()), pool.Send(httptest.NewRecorder())
	for _, writer := range []*transfer.Writer{&first, &second, &first} {
		if _, err := writer.Write(content(40_000)); err != nil {
			t.Error(err)
		}
	}
}

// full is a connection that takes nothing until its deadline is in the past.
type full struct {
	*httptest.ResponseRecorder
	ended chan struct{}
	begun chan struct{}
}

func (f full) Write(data []byte) (int, error) {
	close(f.begun)
	<-f.ended
	return len(data), nil
}

// SetWriteDeadline is found by http.ResponseController.
func (f full) SetWriteDeadline(at time.Time) error {
	if at.Before(time.Now()) {
		close(f.ended)
	}
	return nil
}

// The oldest reply makes room for a younger one.
func TestTheOldestReplyMakesRoom(t *testing.T) {
	pool := transfer.NewPool(transfer.Limits{Memory: 100_000})
	oldest := full{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	result := make(chan error)
	go func() {
		writer := pool.Send(oldest)
		_, err := writer.Write(content(60_000))
		if !writer.Done() {
			err = errors.Join(err, errors.New("Done says that it was not given up"))
		}
		result <- err
	}()
	<-oldest.begun
	younger := pool.Send(httptest.NewRecorder())
	if _, err := younger.Write(content(60_000)); err != nil {
		t.Error(err)
	}
	if err := <-result; !errors.Is(err, transfer.ErrNoRoom) || younger.Done() {
		t.Errorf("the oldest ended with %v", err)
	}
}
