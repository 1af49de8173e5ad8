package bundle

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// shared are the manual page and the completion scripts of the load generator, where packages of systems put them.
var shared = map[string]string{
	"share/man/man1/loadgen.1":                     "loadgen/cli/share/loadgen.1",
	"share/bash-completion/completions/loadgen":    "loadgen/cli/share/loadgen.bash",
	"share/zsh/site-functions/_loadgen":            "loadgen/cli/share/_loadgen",
	"share/fish/vendor_completions.d/loadgen.fish": "loadgen/cli/share/loadgen.fish",
}

// archive writes the commands, the licences and what a reader needs first.
func (b *build) archive(file string, commands []string, licences map[string]string) error {
	content := map[string]string{}
	for _, name := range []string{"README.md", "CHANGELOG.md", "LICENSE"} {
		content[name] = filepath.Join(b.folder, name)
	}
	for name, source := range shared {
		content[name] = filepath.Join(b.folder, source)
	}
	for _, name := range commands {
		content[name] = filepath.Join(b.bin, name)
	}
	maps.Copy(content, licences)
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	err = writeTarGz(out, b.name(), content, commands, b.date)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	return nil
}

// writeTarGz writes content, paths in the archive to files, below one folder.
// Nothing of the file system gets into the archive but names and bytes: order,
// times, owners and modes are the same everywhere.
func writeTarGz(w io.Writer, folder string, content map[string]string, executable []string, date time.Time) error {
	zipped, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	files := tar.NewWriter(zipped)
	for _, name := range slices.Sorted(maps.Keys(content)) {
		data, err := os.ReadFile(content[name])
		if err != nil {
			return err
		}
		header := &tar.Header{Name: path.Join(folder, name), Size: int64(len(data)), Mode: 0o644, ModTime: date, Format: tar.FormatUSTAR}
		if slices.Contains(executable, name) {
			header.Mode = 0o755
		}
		if err := files.WriteHeader(header); err != nil {
			return err
		}
		if _, err := files.Write(data); err != nil {
			return err
		}
	}
	return errors.Join(files.Close(), zipped.Close())
}
