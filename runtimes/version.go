package runtimes

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
)

// versions prints the interpreter's version and those of the packages that are its arguments.
const versions = `import importlib.metadata, platform, sys
print("Python " + platform.python_version(), *(name + " " + importlib.metadata.version(name) for name in sys.argv[1:]), sep=", ")`

// Version returns the versions of the server's runtime and modules, in words.
// What is missing on this machine is a *MissingError.
func (s Server) Version(ctx context.Context) (string, error) {
	if s.InThisBinary() {
		return runtime.Version(), nil
	}
	interpreter, err := s.find(ctx, s.interpreters())
	if err != nil {
		return "", err
	}
	args, prefix := append([]string{"-c", versions}, s.modules...), ""
	if len(s.modules) == 0 {
		args, prefix = []string{"--version"}, s.Title+" "
	}
	out, err := exec.CommandContext(ctx, interpreter, args...).Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", interpreter, err)
	}
	return prefix + strings.TrimSpace(string(out)), nil
}
