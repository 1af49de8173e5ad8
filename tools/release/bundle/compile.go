package bundle

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// build is one platform of a release.
type build struct {
	source
	version  string
	platform Platform
	bin      string // folder of the compiled commands
}

// archivePrefix begins the names of all files of a release but the checksums.
const archivePrefix = "loadlab_"

// name is that of the archive without its extension, and of the folder in it.
func (b *build) name() string {
	return fmt.Sprintf("%s%s_%s_%s", archivePrefix, b.version, b.platform.OS, b.platform.Arch)
}

// compile builds every command and returns their names in alphabetical order.
func (b *build) compile(ctx context.Context) ([]string, error) {
	variables := map[string]string{"version": b.version, "revision": b.revision, "date": b.date.Format(time.RFC3339)}
	flags := "-s -w"
	for _, name := range []string{"version", "revision", "date"} {
		flags += " -X loadlab/internal/app." + name + "=" + variables[name]
	}
	// The version comes from the caller: the exported files have no repository to read it from.
	if _, err := run(b.goCommand(ctx, "build", "-trimpath", "-buildvcs=false", "-ldflags="+flags, "-o", b.bin+"/", "./cmd/...")); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(b.bin)
	if err != nil {
		return nil, fmt.Errorf("list the commands: %w", err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, nil
}

// goCommand runs Go in the exported files for the platform. Settings of the
// user's that change a binary are overruled.
func (b *build) goCommand(ctx context.Context, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = b.folder
	command.Env = append(os.Environ(), "GOOS="+b.platform.OS, "GOARCH="+b.platform.Arch, "GOAMD64=v1", "GOARM64=v8.0",
		"CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOFIPS140=off")
	return command
}

// module is a Go module with where its files are.
type module struct{ path, folder string }

// modules lists the modules that the commands contain for the platform, without our own.
func (b *build) modules(ctx context.Context) ([]module, error) {
	out, err := run(b.goCommand(ctx, "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./cmd/..."))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{"": true}
	var all []module
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); seen[line] {
			continue
		}
		seen[line] = true
		path, folder, _ := strings.Cut(line, "\t")
		all = append(all, module{path, folder})
	}
	return all, nil
}

// toolchain is the folder of Go itself, whose library is in every command.
func (b *build) toolchain(ctx context.Context) (string, error) {
	out, err := run(b.goCommand(ctx, "env", "GOROOT"))
	return filepath.Clean(strings.TrimSpace(string(out))), err
}
