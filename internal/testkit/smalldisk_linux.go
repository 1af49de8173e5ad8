package testkit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// SmallDisk mounts a file system of that many bytes, in memory, until the test
// ends, and returns its folder. Without the right to mount the test is skipped.
func SmallDisk(t testing.TB, bytes int) (folder string) {
	t.Helper()
	folder = t.TempDir()
	err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", bytes))
	if errors.Is(err, syscall.EPERM) {
		RequireFound(t, errors.New("makes a small file system, which only root may"))
	}
	if err != nil {
		t.Fatalf("mount a file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return folder
}

// Fill writes a file into folder until nothing more fits, and returns a function
// that removes it.
func Fill(t testing.TB, folder string) (empty func()) {
	t.Helper()
	file, err := os.Create(filepath.Join(folder, "filler"))
	if err != nil {
		t.Fatalf("fill the disk: %v", err)
	}
	defer file.Close()
	for chunk := make([]byte, os.Getpagesize()); err == nil; {
		_, err = file.Write(chunk)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fill the disk: %v", err)
	}
	return func() {
		if err := os.Remove(file.Name()); err != nil {
			t.Fatalf("empty the disk: %v", err)
		}
	}
}
