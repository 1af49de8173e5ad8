package testkit

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"
)

// Output collects what a program writes; it may be read meanwhile. The zero
// value is empty.
type Output struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write appends p; it never fails.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String returns what has been written so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// ParseLog decodes JSON lines; the last one may be incomplete.
func ParseLog(t testing.TB, text string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Errorf("log line %q: %v", line, err)
			continue
		}
		all = append(all, fields)
	}
	return all
}

// Messages keeps the log lines whose message is msg.
func Messages(log []map[string]any, msg string) []map[string]any {
	var found []map[string]any
	for _, line := range log {
		if line["msg"] == msg {
			found = append(found, line)
		}
	}
	return found
}
