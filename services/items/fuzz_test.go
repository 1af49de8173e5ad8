package items

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"
	"unicode/utf8"
)

func FuzzCursor(f *testing.F) {
	f.Add(encodeCursor(1))
	f.Add("AAAAAAAAAAEAAAAAAA")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := decodeCursor(text)
		if err == nil && (id < 1 || encodeCursor(id) != text) {
			t.Errorf("%q was taken for the cursor of %d, which is %q", text, id, encodeCursor(id))
		}
	})
}

func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"name":"bolt","quantity":1}`))
	f.Add([]byte(`{"name":"a","name":1,"quantity":1e3,"x":{"y":[]}}`))
	f.Add([]byte(`{"name":"\ud800","quantity":-0}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var v violations
		request := httptest.NewRequest(http.MethodPost, "/items", bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		fields, err := readFields(request, &v)
		if err != nil || len(v) > 0 {
			return
		}
		if n := utf8.RuneCountInString(fields.Name); n < 1 || n > maxName || !utf8.ValidString(fields.Name) {
			t.Errorf("name %q was taken", fields.Name)
		}
		if fields.Quantity < 0 || fields.Quantity > maxQuantity {
			t.Errorf("quantity %d was taken", fields.Quantity)
		}
	})
}

func TestCursor(t *testing.T) {
	for _, id := range []int64{1, 50, 1 << 40, 1<<63 - 1} {
		if got, err := decodeCursor(encodeCursor(id)); err != nil || got != id {
			t.Errorf("cursor of %d: %d, %v", id, got, err)
		}
	}
}
