package bundle

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// source is a commit's files, without anything else that is in a working tree.
type source struct {
	folder   string
	revision string
	date     time.Time // of the commit, in UTC
}

// export writes the files of the commit that is checked out into folder.
func export(ctx context.Context, folder string) (source, error) {
	described, err := git(ctx, "show", "--no-patch", "--format=%H %ct", "HEAD")
	if err != nil {
		return source{}, err
	}
	revision, seconds, _ := strings.Cut(described, " ")
	date, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return source{}, fmt.Errorf("date of the commit: %w", err)
	}
	top, err := git(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return source{}, err
	}
	files, err := run(exec.CommandContext(ctx, "git", "-C", top, "archive", "--format=tar", revision))
	if err != nil {
		return source{}, err
	}
	if err := unpack(files, folder); err != nil {
		return source{}, fmt.Errorf("export the commit: %w", err)
	}
	return source{folder, revision, time.Unix(date, 0).UTC()}, nil
}

func git(ctx context.Context, args ...string) (string, error) {
	out, err := run(exec.CommandContext(ctx, "git", args...))
	return strings.TrimSpace(string(out)), err
}

// run returns what the command prints; the error has its standard error.
func run(command *exec.Cmd) ([]byte, error) {
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, stderr.String())
	}
	return out, nil
}

// unpack writes the folders and regular files of a tar archive below folder.
func unpack(data []byte, folder string) error {
	root, err := openRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	for files := tar.NewReader(bytes.NewReader(data)); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch header.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(filepath.Clean(header.Name), 0o755)
		case tar.TypeReg:
			var content []byte
			if content, err = io.ReadAll(files); err == nil {
				err = root.WriteFile(header.Name, content, header.FileInfo().Mode().Perm())
			}
		}
		if err != nil {
			return err
		}
	}
}

func openRoot(folder string) (*os.Root, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	return os.OpenRoot(folder)
}
