package output

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// A File is written whole or not at all: until Commit, the old file stays. What is no regular file, such as a
// pipe, is written to at once.
type File struct {
	name    string
	pending *renameio.PendingFile // nil for what is no regular file
	direct  *os.File
}

// Create opens a file for what replaces the one at path. A pipe is opened when it has a reader.
func Create(path string) (*File, error) {
	f := &File{name: path}
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved // else the link would be replaced
	}
	var err error
	if info, failed := os.Stat(path); failed == nil && !info.Mode().IsRegular() {
		f.direct, err = os.OpenFile(path, os.O_WRONLY, 0)
	} else {
		f.pending, err = renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	}
	if err != nil {
		return nil, f.wrong(err)
	}
	return f, nil
}

func (f *File) wrong(err error) error { return fmt.Errorf("write %s: %w", f.name, err) }

// Write implements io.Writer.
func (f *File) Write(p []byte) (n int, err error) {
	if f.direct != nil {
		n, err = f.direct.Write(p)
	} else {
		n, err = f.pending.Write(p)
	}
	if err != nil {
		err = f.wrong(err)
	}
	return n, err
}

// Commit puts the file in its place.
func (f *File) Commit() error {
	var err error
	if f.direct != nil {
		err = f.direct.Close()
	} else {
		err = errors.Join(f.pending.CloseAtomicallyReplace(), f.pending.Cleanup()) // which does nothing after success
	}
	if err != nil {
		return f.wrong(err)
	}
	return nil
}

// Discard leaves the old file as it was.
func (f *File) Discard() {
	if f.direct != nil {
		_ = f.direct.Close() // what was written has arrived
		return
	}
	_ = f.pending.Cleanup() // there is an earlier error already
}

// Replace writes data to the file at path, whole or not at all.
func Replace(path string, data []byte) error {
	f, err := Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Discard()
		return err
	}
	return f.Commit()
}
