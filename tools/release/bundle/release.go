// Package bundle makes the files of a release: for each platform an archive and
// its software bill of materials, and the checksums of them all.
//
// The files depend on the commit, the version and the Go toolchain alone. Two
// builds of the same three are equal byte for byte.
package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Options say what to release.
type Options struct {
	Version   string    // without a leading v
	Out       string    // folder; a release in it is replaced, anything else in it refused
	Platforms Platforms // at least one
}

// Release builds the commit that is checked out in the current folder's
// repository. It refuses a working tree with changes, which a release of the
// commit would not contain.
func Release(ctx context.Context, o Options, log io.Writer) error {
	changes, err := git(ctx, "status", "--porcelain")
	if err != nil {
		return err
	}
	if changes != "" {
		return fmt.Errorf("the working tree has changes, and a release is built from a commit; commit or stash them:\n%s", changes)
	}
	if err := checkChangelog(ctx, o.Version); err != nil {
		return err
	}
	return Build(ctx, o, log)
}

// checkChangelog wants a dated heading for a version that is a tag's.
func checkChangelog(ctx context.Context, version string) error {
	if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) {
		return nil
	}
	text, err := git(ctx, "show", "HEAD:CHANGELOG.md")
	if err != nil {
		return err
	}
	if !hasRelease(text, version) {
		return fmt.Errorf("CHANGELOG.md has no heading \"## %s - YYYY-MM-DD\"", version)
	}
	return nil
}

func hasRelease(changelog, version string) bool {
	return regexp.MustCompile(`(?m)^## ` + regexp.QuoteMeta(version) + ` - \d{4}-\d\d-\d\d$`).MatchString(changelog)
}

// Build is Release for any working tree: it builds the commit, without changes.
func Build(ctx context.Context, o Options, log io.Writer) (err error) {
	if o.Version == "" {
		return errors.New("there is no version; see tools/version")
	}
	scratch, err := os.MkdirTemp("", "loadlab-release-")
	if err != nil {
		return fmt.Errorf("make a folder to build in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	src, err := export(ctx, filepath.Join(scratch, "source"))
	if err != nil {
		return err
	}
	if err := empty(o.Out); err != nil {
		return err
	}
	for _, p := range o.Platforms {
		b := build{source: src, version: o.Version, platform: p, bin: filepath.Join(scratch, "bin-"+p.OS+"-"+p.Arch)}
		fmt.Fprintln(log, b.name())
		if err := b.write(ctx, o.Out); err != nil {
			return fmt.Errorf("%s/%s: %w", p.OS, p.Arch, err)
		}
	}
	return writeChecksums(o.Out)
}

// empty makes the folder of a release, without an earlier one in it. It refuses a
// folder that holds anything else, which a mistyped name would otherwise delete.
func empty(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for an earlier release: %w", err)
	}
	released := func(e fs.DirEntry) bool {
		return e.Name() == checksumFile || strings.HasPrefix(e.Name(), archivePrefix)
	}
	for _, entry := range entries {
		if !released(entry) {
			return fmt.Errorf("%s holds %s, which is no part of a release; choose another folder", folder, entry.Name())
		}
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove the earlier release: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make the folder of the release: %w", err)
	}
	return nil
}

// write builds the commands and writes the archive with its bill of materials.
func (b *build) write(ctx context.Context, out string) error {
	commands, err := b.compile(ctx)
	if err != nil {
		return err
	}
	licences, err := b.licences(ctx)
	if err != nil {
		return err
	}
	if err := b.archive(filepath.Join(out, b.name()+".tar.gz"), commands, licences); err != nil {
		return err
	}
	return b.writeBOM(filepath.Join(out, b.name()+".cdx.json"), commands)
}
