package outbound

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// late is an empty body that takes longer to say so than net/http waits, as a
// process does that is short of CPU.
type late struct{}

func (late) Read([]byte) (int, error) { time.Sleep(300 * time.Millisecond); return 0, io.EOF }
func (late) Close() error             { return nil }

// A service would have to take a chunked body for one that may hold something.
func TestNoBodyIsSentWhenCPUIsShort(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
		request, err := http.NewRequestWithContext(t.Context(), method, "http://service/io/wait", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		forbidReplay(request)
		if request.GetBody != nil || request.Body == http.NoBody {
			t.Errorf("%s may be sent twice", method)
		}
		request.Body = late{}
		var sent bytes.Buffer
		if err := request.Write(&sent); err != nil {
			t.Fatal(err)
		}
		if text := sent.String(); strings.Contains(text, "Transfer-Encoding") || !strings.HasSuffix(text, "\r\n\r\n") {
			t.Errorf("sent %q", text)
		}
	}
}
