package tracestore

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// FuzzReceiver: whatever is sent, the store answers, keeps its limits and its
// accounts, and can write out everything that it has taken.
func FuzzReceiver(f *testing.F) {
	request := ptraceotlp.NewExportRequestFromTraces(batch("a", "x", 1, 2, 1))
	asProto, _ := request.MarshalProto()
	asJSON, _ := request.MarshalJSON()
	f.Add(asProto, false)
	f.Add(asJSON, true)
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"01","spanId":"02"}]}]}]}`), true)
	f.Fuzz(func(t *testing.T, body []byte, isJSON bool) {
		limits := Limits{Traces: 2, Spans: 5, SpansPerTrace: 4, Bytes: 4096}
		s := New(limits)
		post := httptest.NewRequest(http.MethodPost, "/v1/traces", bytes.NewReader(body))
		post.Header.Set("Content-Type", protobufType)
		if isJSON {
			post.Header.Set("Content-Type", jsonType)
		}
		reply := httptest.NewRecorder()
		s.Receiver(nil).ServeHTTP(reply, post)
		if reply.Code != http.StatusOK && reply.Code != http.StatusBadRequest {
			t.Fatalf("status %d: %s", reply.Code, reply.Body)
		}
		if len(s.traces) > limits.Traces || s.spans > limits.Spans || s.bytes > limits.Bytes {
			t.Fatalf("%d traces, %d spans, %d bytes", len(s.traces), s.spans, s.bytes)
		}
		spans, indexed := 0, 0
		for id, stored := range s.traces {
			written := httptest.NewRecorder()
			writeTraces(written, [][][]byte{s.Trace(id)})
			spans += readTraces(t, written.Body.String()).SpanCount()
			if len(stored.spans) == 0 {
				t.Fatal("a trace without spans")
			}
		}
		for _, n := range s.index {
			indexed += n
		}
		if spans != s.spans || indexed != s.spans {
			t.Fatalf("%d spans accounted for, %d indexed, %d written", s.spans, indexed, spans)
		}
	})
}

func FuzzParseTraceID(f *testing.F) {
	f.Add("abc")
	f.Add("4bf92f3577b34da6a3ce929d0e0e4736")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := parseTraceID(text)
		if err != nil {
			return
		}
		again, err := parseTraceID(id.String())
		if err == nil && again != id || err != nil && !id.IsEmpty() {
			t.Errorf("%q is %s, which reads as %s: %v", text, id, again, err)
		}
	})
}
