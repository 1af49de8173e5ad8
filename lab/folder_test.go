package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestRemovesWhatKilledLabsLeft(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("whether a process runs cannot be found out on Windows")
	}
	const noProcess = 1 << 30 // above every system's largest id
	dir := t.TempDir()
	for name, stays := range map[string]bool{
		fmt.Sprintf("%s%d-a", temporaryPrefix, noProcess):   false,
		fmt.Sprintf("%s%d-b", temporaryPrefix, os.Getpid()): true,
		temporaryPrefix + "iobound-123":                     true, // a service's own
		"other-1-c":                                         true,
	} {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		removeAbandoned(dir)
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: stays should be %t, but: %v", name, stays, err)
		}
	}
}
