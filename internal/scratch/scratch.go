// Package scratch makes folders that do not outlive their process for long.
//
// A process removes its folder as it ends. One that was killed cannot: the next
// process that makes a folder of the same kind removes it. Who uses a folder is
// known by a lock on a file in it, which the kernel releases however the process
// ends. A number of a process would not do: in containers each has the number 1.
package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

const lockName = ".in-use"

// Make makes a folder below parent, or below the system's folder for temporary
// files if parent is empty. Its name begins with prefix. Remove ends its use.
func Make(parent, prefix string) (path string, remove func() error, err error) {
	if parent == "" {
		parent = os.TempDir()
	}
	removeAbandoned(parent, prefix)
	path, err = os.MkdirTemp(parent, prefix)
	if err != nil {
		return "", nil, err
	}
	lock, err := lockFolder(path)
	if err != nil {
		return "", nil, errors.Join(err, os.RemoveAll(path))
	}
	return path, func() error {
		err := os.RemoveAll(path)
		lock.Close()
		if err != nil {
			return fmt.Errorf("remove temporary folder: %w", err)
		}
		return nil
	}, nil
}

// lockFolder puts the file into its place when it is locked, so that no other
// process can find it without its lock.
func lockFolder(path string) (*os.File, error) {
	file, err := os.CreateTemp(path, lockName+"-")
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	if err := os.Rename(file.Name(), filepath.Join(path, lockName)); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// removeAbandoned removes folders whose process has ended. A folder of another
// user, and one in use, stay.
func removeAbandoned(parent, prefix string) {
	entries, _ := os.ReadDir(parent) // what cannot be read cannot be removed
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() || len(name) <= len(prefix) || name[:len(prefix)] != prefix {
			continue
		}
		path := filepath.Join(parent, name)
		if file, abandoned := take(filepath.Join(path, lockName)); abandoned {
			_ = os.RemoveAll(path)
			file.Close()
		}
	}
}
