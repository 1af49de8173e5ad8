// Package lastexit keeps how a program ended, for another program to read.
package lastexit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// Exit is how a program ended.
type Exit struct {
	Time     time.Time `json:"time"`
	Code     int       `json:"exit_code"`
	Messages []string  `json:"messages"` // what the program said last
}

// maxSize bounds what is read, in bytes.
const maxSize = 64 << 10

// path does not end in .json: code that lists reports or results must not find it.
func path(folder, program string) string { return filepath.Join(folder, program+".exit") }

// Write replaces what is known of the program. A reader sees the old record or the new one, never half of one.
func Write(folder, program string, exit Exit) error {
	data, err := json.Marshal(exit)
	if err != nil {
		return fmt.Errorf("record the exit of %s: %w", program, err)
	}
	if err := renameio.WriteFile(path(folder, program), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("record the exit of %s: %w", program, err)
	}
	return nil
}

// Clear forgets the program's last exit, since it runs again.
func Clear(folder, program string) error {
	if err := os.Remove(path(folder, program)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("clear the last exit of %s: %w", program, err)
	}
	return nil
}

// Read returns the program's last exit; fs.ErrNotExist if none is recorded.
func Read(folder, program string) (Exit, error) {
	file, err := os.Open(path(folder, program))
	if err != nil {
		return Exit{}, fmt.Errorf("read the last exit of %s: %w", program, err)
	}
	defer file.Close()
	var exit Exit
	if err := json.NewDecoder(io.LimitReader(file, maxSize)).Decode(&exit); err != nil {
		return Exit{}, fmt.Errorf("read the last exit of %s: %w", program, err)
	}
	return exit, nil
}
