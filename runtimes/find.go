package runtimes

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// Command returns the interpreter with the path of the server's program below
// folder, where Unpack put it; nothing for Go. A missing interpreter or module
// is a *MissingError.
func (s Server) Command(ctx context.Context, folder string) ([]string, error) {
	if s.InThisBinary() {
		return nil, nil
	}
	interpreter, err := s.find(ctx, s.interpreters())
	if err != nil {
		return nil, err
	}
	return []string{interpreter, filepath.Join(folder, filepath.FromSlash(s.program))}, nil
}

// Find returns a *MissingError if this machine does not have what the server needs.
func (s Server) Find(ctx context.Context) error {
	_, err := s.Command(ctx, "")
	return err
}

// MissingError says that an interpreter or a module of it is not on this machine.
type MissingError struct {
	Server   Server
	Packages []string // of Debian, which bring what is missing
	Cause    error
}

func (e *MissingError) Error() string {
	packages := "package "
	if len(e.Packages) > 1 {
		packages = "packages "
	}
	return fmt.Sprintf("%s needs the Debian %s%s: %v", e.Server.Title, packages, strings.Join(e.Packages, ", "), strings.ReplaceAll(e.Cause.Error(), "\n", "; "))
}

// Unwrap returns what was looked for in vain.
func (e *MissingError) Unwrap() error { return e.Cause }

// interpreters are the programs to try. Debian's Python has the modules of
// Debian's packages; another one may come first on the PATH.
func (s Server) interpreters() []string {
	if strings.HasPrefix(s.program, "node/") {
		return []string{"node"}
	}
	return []string{"python3", "/usr/bin/python3"}
}

// find returns the path of the first interpreter that has all modules. The
// packages of the error are those that the last one needs.
func (s Server) find(ctx context.Context, interpreters []string) (string, error) {
	missing := &MissingError{Server: s}
	var problems []error
	tried := map[string]bool{}
	for _, candidate := range interpreters {
		path, err := exec.LookPath(candidate)
		if tried[path] {
			continue
		}
		missing.Packages, tried[path] = s.Packages, err == nil
		if err == nil {
			var lacking []string
			if lacking, err = s.lacking(ctx, path); err == nil {
				return path, nil
			}
			if len(lacking) > 0 {
				missing.Packages = lacking
			}
		}
		problems = append(problems, err)
	}
	missing.Cause = errors.Join(problems...)
	return "", missing
}

// inspection prints each module that cannot be imported, with the reason.
const inspection = `import importlib, sys
if sys.version_info < (3, 11):
    sys.exit("this Python is older than 3.11")
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception as reason:
        print(name, reason, sep="\t")`

// lacking returns the packages of the modules that an interpreter does not have,
// with an error that names the modules. Any error without packages means that
// the interpreter cannot be used.
func (s Server) lacking(ctx context.Context, interpreter string) (packages []string, err error) {
	if len(s.modules) == 0 {
		return nil, nil
	}
	command := exec.CommandContext(ctx, interpreter, append([]string{"-c", inspection}, s.modules...)...)
	out, err := command.Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return nil, fmt.Errorf("%s: %w: %s", interpreter, err, strings.TrimSpace(string(exit.Stderr)))
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", interpreter, err)
	}
	var reasons []string
	for line := range strings.Lines(string(out)) {
		name, reason, _ := strings.Cut(strings.TrimSpace(line), "\t")
		packages, reasons = append(packages, packageOf(name)), append(reasons, reason)
	}
	if len(packages) == 0 {
		return nil, nil
	}
	return packages, fmt.Errorf("%s: %s", interpreter, strings.Join(reasons, ", "))
}
