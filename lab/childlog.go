package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"loadlab/internal/supervise"
)

const (
	logFileSize    = 8 << 20          // bytes, after which the file is set aside; one earlier file is kept
	linesPerSecond = 20               // of one process, on the terminal
	sayAgainAfter  = 30 * time.Second // the same line is not shown again before
	remembered     = 100              // lines that are known to have been shown
)

// childLog takes what one process writes: everything goes to a bounded
// file; plain text, warnings and errors go to the terminal as well.
type childLog struct {
	name     string
	terminal io.Writer
	file     *boundedFile
	now      func() time.Time

	mu     sync.Mutex
	lines  supervise.Lines
	second time.Time
	shown  int
	hidden int
	said   map[string]time.Time // when a line was last shown
}

// newChildLog writes to path, and to terminal with name in front.
func newChildLog(name, path string, terminal io.Writer) *childLog {
	l := &childLog{name: name, terminal: terminal, file: &boundedFile{path: path, limit: logFileSize}, now: time.Now, said: map[string]time.Time{}}
	l.lines.Take = l.show
	return l
}

// Write never fails: a full disk costs log lines, not the process that writes them.
func (l *childLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.file.Write(p)
	return l.lines.Write(p)
}

func (l *childLog) show(line []byte) {
	text := notable(line)
	if text == "" {
		return
	}
	now := l.now()
	if last, known := l.said[text]; known && now.Sub(last) < sayAgainAfter {
		return
	}
	if len(l.said) == remembered {
		clear(l.said)
	}
	l.said[text] = now
	if now.Sub(l.second) >= time.Second {
		if l.hidden > 0 {
			fmt.Fprintf(l.terminal, "%-10s | %d further lines, see %s\n", l.name, l.hidden, l.file.path)
		}
		l.second, l.shown, l.hidden = now, 0, 0
	}
	if l.shown == linesPerSecond {
		l.hidden++
		return
	}
	l.shown++
	fmt.Fprintf(l.terminal, "%-10s | %s\n", l.name, text)
}

// notable returns what to show of a line: plain text as it is, of JSON the
// warnings and errors alone.
func notable(line []byte) string {
	if !bytes.HasPrefix(line, []byte("{")) {
		return strings.TrimSpace(string(line))
	}
	if bytes.HasPrefix(line, []byte(`{"level":"info"`)) || bytes.HasPrefix(line, []byte(`{"level":"debug"`)) {
		return ""
	}
	var fields struct {
		Level   string `json:"level"`
		Message string `json:"msg"`
		Error   string `json:"error"`
		Err     string `json:"err"` // as slog's users call it
	}
	if json.Unmarshal(line, &fields) != nil || fields.Level == "info" || fields.Level == "debug" {
		return ""
	}
	reason := fields.Error + fields.Err
	if strings.Contains(reason, "no space left on device") {
		return "the disk is full: samples and logs are lost until there is room; see --data and LAB_DISK_MB"
	}
	text := strings.ToLower(fields.Level) + ": " + fields.Message
	if reason != "" {
		text += ": " + reason
	}
	return text
}

func (l *childLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.file.close()
}

// boundedFile is a file that starts again when it is full; the one before it is
// kept as path.1.
type boundedFile struct {
	path  string
	limit int64
	file  *os.File
	size  int64
}

func (b *boundedFile) Write(p []byte) (int, error) {
	if b.file != nil && b.size+int64(len(p)) > b.limit {
		b.close()
		if err := os.Rename(b.path, b.path+".1"); err != nil {
			return 0, err
		}
	}
	if b.file == nil {
		file, err := os.Create(b.path)
		if err != nil {
			return 0, err
		}
		b.file, b.size = file, 0
	}
	n, err := b.file.Write(p)
	b.size += int64(n)
	return n, err
}

func (b *boundedFile) close() {
	if b.file != nil {
		_ = b.file.Close() // what could be written was
		b.file = nil
	}
}

func (l *running) log(name string) io.Writer {
	log := newChildLog(name, filepath.Join(logsDir(l.folder.path), name+".log"), l.printer)
	l.logs = append(l.logs, log)
	return log
}
