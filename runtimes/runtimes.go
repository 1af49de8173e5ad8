// Package runtimes has the tutorial's server on several runtimes: Tornado, asyncio, uvloop, Node.js, Go.
package runtimes

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
		onPython(Server{Name: "tornado", Title: "Tornado", Port: 8091, program: "python/tornado_server.py", modules: []string{"tornado", "prometheus_client"}}),
		onPython(Server{Name: "asyncio", Title: "asyncio", Port: 8092, program: "python/asyncio_server.py", modules: []string{"prometheus_client"}}),
		onPython(Server{Name: "uvloop", Title: "asyncio on uvloop, with uvicorn", Port: 8093, program: "python/uvloop_server.py",
			modules: []string{"uvloop", "uvicorn", "httptools", "prometheus_client"}}),
		{Name: "node", Title: "Node.js", Port: 8094, Packages: []string{"nodejs"}, program: "node/server.js"},
		{Name: nethttp.Name, Title: "Go's net/http", Port: 8095},
	}
}

// onPython adds the packages of the interpreter and the modules.
func onPython(s Server) Server {
	s.Packages = []string{"python3"}
	for _, module := range s.modules {
		s.Packages = append(s.Packages, packageOf(module))
	}
	return s
}

// packageOf returns the package of Debian that brings a module of Python.
func packageOf(module string) string {
	if module == "uvicorn" {
		return module // a program too
	}
	return "python3-" + strings.ReplaceAll(module, "_", "-")
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

// Unpack writes the programs of all servers below folder.
func Unpack(folder string) error {
	if err := os.CopyFS(folder, sources); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("unpack the servers' programs: %w", err)
	}
	return nil
}
