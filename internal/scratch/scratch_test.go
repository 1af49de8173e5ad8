package scratch_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"loadlab/internal/scratch"
)

const asOwner = "LOADLAB_TEST_SCRATCH"

// TestMain is also the process that makes a folder and is killed.
func TestMain(m *testing.M) {
	if parent := os.Getenv(asOwner); parent != "" {
		path, _, err := scratch.Make(parent, "kind-")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(path)
		select {}
	}
	os.Exit(m.Run())
}

// owner is another process that has a folder below parent.
func owner(t *testing.T, parent string) (path string, kill func()) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), asOwner+"="+parent)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	lines.Scan()
	path = lines.Text()
	if !exists(path) {
		t.Fatalf("the other process says %q", path)
	}
	return path, kill
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestRemovesWhatKilledProcessesLeft(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files are not locked on Windows")
	}
	parent := t.TempDir()
	killed, kill := owner(t, parent)
	running, _ := owner(t, parent)
	if err := os.WriteFile(filepath.Join(killed, "file"), []byte("left"), 0o600); err != nil {
		t.Fatal(err)
	}
	others := []string{filepath.Join(parent, "kind-without-lock"), filepath.Join(parent, "other-kind")}
	for _, path := range others {
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	kill()
	mine, remove, err := scratch.Make(parent, "kind-")
	if err != nil {
		t.Fatal(err)
	}
	if exists(killed) {
		t.Error("the folder of a killed process is still there")
	}
	for _, path := range append(others, running, mine) {
		if !exists(path) {
			t.Errorf("%s is gone", path)
		}
	}
	if err := remove(); err != nil || exists(mine) {
		t.Errorf("removed: %t, %v", !exists(mine), err)
	}
}

func TestAFolderThatCannotBeMade(t *testing.T) {
	if _, _, err := scratch.Make(filepath.Join(t.TempDir(), "nowhere"), "kind-"); err == nil {
		t.Error("there is no error")
	}
}
