// Package runtimes has the tutorial's server on several runtimes: Tornado, asyncio, uvloop, Node.js, Go.
package runtimes

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"loadlab/runtimes/nethttp"
)

// sources are the programs of the interpreters.
//
//go:embed python/*.py node/*.js
var sources embed.FS

// Server is the tutorial's server on one runtime.
type Server struct {
	Name     string
	Title    string   // for people
	Port     int      // by default
	Packages []string // of Debian, which bring the interpreter and its modules; none for Go

	program string   // in sources; empty for Go, which is in this binary
	modules []string // of Python, that the program imports
}

// All returns the servers in the order of the tutorial.
func All() []Server {
	return []Server{
		{Name: "tornado", Title: "Tornado", Port: 8091, Packages: []string{"python3", "python3-tornado", "python3-prometheus-client"},
			program: "python/tornado_server.py", modules: []string{"tornado", "prometheus_client"}},
		{Name: "asyncio", Title: "asyncio", Port: 8092, Packages: []string{"python3", "python3-prometheus-client"},
			program: "python/asyncio_server.py", modules: []string{"prometheus_client"}},
		{Name: "uvloop", Title: "asyncio on uvloop, with uvicorn", Port: 8093, Packages: []string{"python3", "python3-uvloop", "uvicorn", "python3-httptools", "python3-prometheus-client"},
			program: "python/uvloop_server.py", modules: []string{"uvloop", "uvicorn", "httptools", "prometheus_client"}},
		{Name: "node", Title: "Node.js", Port: 8094, Packages: []string{"nodejs"}, program: "node/server.js"},
		{Name: nethttp.Name, Title: "Go's net/http", Port: 8095},
	}
}

// Named returns the server of that name.
func Named(name string) (Server, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Server{}, false
}

// InThisBinary reports whether the server is Go code, which needs no interpreter.
func (s Server) InThisBinary() bool { return s.program == "" }

// Find returns a *MissingError if this machine does not have what the server needs.
func (s Server) Find(ctx context.Context) error {
	_, err := s.Command(ctx, "")
	return err
}

// MissingError says that an interpreter or a module of it is not on this machine.
type MissingError struct {
	Server Server
	Cause  error
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("%s needs the Debian packages %s: %v", e.Server.Title, strings.Join(e.Server.Packages, ", "), e.Cause)
}

// Unwrap returns what was looked for in vain.
func (e *MissingError) Unwrap() error { return e.Cause }

// Command returns the interpreter with the path of the server's program below
// folder, where Unpack put it; nothing for Go. A missing interpreter or module
// is a *MissingError.
func (s Server) Command(ctx context.Context, folder string) ([]string, error) {
	if s.InThisBinary() {
		return nil, nil
	}
	interpreter, err := s.interpreter(ctx)
	if err != nil {
		return nil, &MissingError{s, err}
	}
	return []string{interpreter, filepath.Join(folder, filepath.FromSlash(s.program))}, nil
}

// Unpack writes the programs of all servers below folder.
func Unpack(folder string) error {
	if err := os.CopyFS(folder, sources); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("unpack the servers' programs: %w", err)
	}
	return nil
}

// interpreter finds the interpreter that has all modules. Debian's Python has
// the modules of Debian's packages; another one may come first on the PATH.
func (s Server) interpreter(ctx context.Context) (string, error) {
	if strings.HasPrefix(s.program, "node/") {
		return exec.LookPath("node")
	}
	var problems []error
	for _, candidate := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(candidate)
		if err == nil {
			check := exec.CommandContext(ctx, path, "-c", "import sys, "+strings.Join(s.modules, ", ")+"; assert sys.version_info >= (3, 11), 'Python is older than 3.11'")
			var out []byte
			if out, err = check.CombinedOutput(); err == nil {
				return path, nil
			}
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			err = fmt.Errorf("%s: %s", path, lines[len(lines)-1])
		}
		problems = append(problems, err)
	}
	return "", errors.Join(problems...)
}
