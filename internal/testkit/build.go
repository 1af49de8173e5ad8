package testkit

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// builds remembers what this test process has built, since its tests share the
// binaries: name of a command to a func() (string, error).
var builds sync.Map

// Build compiles cmd/<command> and returns the path of the binary. It compiles
// once in a test process, and go build itself leaves a binary that is up to
// date alone.
func Build(t testing.TB, command string) string {
	t.Helper()
	once, _ := builds.LoadOrStore(command, sync.OnceValues(func() (string, error) { return build(command) }))
	path, err := once.(func() (string, error))()
	if err != nil {
		t.Fatalf("build %s: %v", command, err)
	}
	return path
}

func build(command string) (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	id := fnv.New64a()
	_, _ = id.Write([]byte(root)) // a hash takes everything
	path := filepath.Join(cache, "loadlab-testkit", fmt.Sprintf("%x", id.Sum64()), command)
	var stderr bytes.Buffer
	compile := exec.Command("go", "build", "-o", path, "./cmd/"+command)
	compile.Dir, compile.Stderr = root, &stderr
	if err := compile.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, stderr.String())
	}
	return path, nil
}

// moduleRoot is the folder of the go.mod that the tests belong to.
func moduleRoot() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out))), nil
}
