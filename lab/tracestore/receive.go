package tracestore

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"loadlab/internal/web/problem"
	"loadlab/internal/web/semantics"
)

// maxBody bounds an export, both as it travels and unpacked: the SDK's batches
// of 512 spans are a fiftieth of it.
const maxBody = 16 << 20

const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"
)

// Export is an accepted request, as it was received.
type Export struct {
	Body            []byte
	ContentType     string
	ContentEncoding string
}

// Receiver returns the OTLP/HTTP endpoint POST /v1/traces. Each export that
// the store has taken is passed on to forward, which must not block; it may be
// nil.
func (s *Store) Receiver(forward func(Export)) http.Handler {
	mux := semantics.NewMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, r *http.Request) {
		contentType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || (contentType != protobufType && contentType != jsonType) {
			http.Error(w, "content type must be "+protobufType+" or "+jsonType, http.StatusUnsupportedMediaType)
			return
		}
		if err := semantics.CheckUntagged(r); err != nil {
			writeStatus(w, contentType, http.StatusPreconditionFailed, err)
			return
		}
		export := Export{ContentType: contentType, ContentEncoding: r.Header.Get("Content-Encoding")}
		reply, code, err := s.receive(w, r, &export)
		if err != nil {
			writeStatus(w, contentType, code, err)
			return
		}
		if forward != nil {
			forward(export)
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(reply) // the sender may be gone
	})
	return mux
}

// receive returns the encoded reply, or the HTTP status that goes with the error.
func (s *Store) receive(w http.ResponseWriter, r *http.Request, export *Export) (reply []byte, code int, err error) {
	export.Body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, readCode(err), fmt.Errorf("read spans: %w", err)
	}
	body, err := unpack(export.Body, export.ContentEncoding)
	if err != nil {
		return nil, readCode(err), fmt.Errorf("unpack spans: %w", err)
	}
	request := ptraceotlp.NewExportRequest()
	decode := request.UnmarshalProto
	if export.ContentType == jsonType {
		decode = request.UnmarshalJSON
	}
	if err := decode(body); err != nil {
		return nil, http.StatusBadRequest, fmt.Errorf("decode spans: %w", err)
	}
	refused, err := s.Add(request.Traces())
	if err != nil {
		return nil, http.StatusInternalServerError, err
	}
	response := ptraceotlp.NewExportResponse()
	if refused > 0 {
		response.PartialSuccess().SetRejectedSpans(int64(refused))
		response.PartialSuccess().SetErrorMessage("spans without identifiers, or of a trace with too many spans")
	}
	encode := response.MarshalProto
	if export.ContentType == jsonType {
		encode = response.MarshalJSON
	}
	reply, err = encode()
	if err != nil {
		return nil, http.StatusInternalServerError, fmt.Errorf("encode reply: %w", err)
	}
	return reply, http.StatusOK, nil
}

var (
	errTooLarge = errors.New("more than the allowed number of bytes")
	errEncoding = errors.New("content encoding must be gzip or none")
)

func unpack(body []byte, encoding string) ([]byte, error) {
	switch encoding {
	case "", "identity":
		return body, nil
	case "gzip":
	default:
		return nil, errEncoding
	}
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	unpacked, err := io.ReadAll(io.LimitReader(reader, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(unpacked) > maxBody {
		return nil, errTooLarge
	}
	return unpacked, nil
}

func readCode(err error) int {
	switch known := problem.Of(err); {
	case known.Status < http.StatusInternalServerError: // of reading the body
		return known.Status
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errEncoding):
		return http.StatusUnsupportedMediaType
	}
	return http.StatusBadRequest
}

// writeStatus answers with a google.rpc.Status in the request's own encoding,
// as OTLP asks for.
func writeStatus(w http.ResponseWriter, contentType string, httpCode int, reason error) {
	grpcCode := codes.InvalidArgument
	if httpCode == http.StatusInternalServerError {
		grpcCode = codes.Internal
	}
	message := &status.Status{Code: int32(grpcCode), Message: reason.Error()}
	encode := proto.Marshal
	if contentType == jsonType {
		encode = protojson.Marshal
	}
	body, err := encode(message)
	if err != nil { // a message that is not UTF-8
		http.Error(w, "the request cannot be used", httpCode)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(httpCode)
	_, _ = w.Write(body) // the sender may be gone
}
