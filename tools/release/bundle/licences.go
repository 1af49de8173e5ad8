package bundle

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
)

// licenceFile matches the files whose text a copy of a module must carry.
var licenceFile = regexp.MustCompile(`^(?i:licen[cs]e|copying|notice|patents|copyright)([-.].*)?$`)

// licences returns the licence texts of everything in the commands that is not
// ours: path in the archive to file.
func (b *build) licences(ctx context.Context) (map[string]string, error) {
	goroot, err := b.toolchain(ctx)
	if err != nil {
		return nil, err
	}
	modules, err := b.modules(ctx)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, m := range append(modules, module{"go", goroot}) {
		found, err := licencesIn(m.folder)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("module %s has no licence file in %s", m.path, m.folder)
		}
		for _, name := range found {
			texts[path.Join("licenses", m.path, name)] = filepath.Join(m.folder, name)
		}
	}
	return texts, b.vendored(texts)
}

func licencesIn(folder string) ([]string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("look for a licence: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if entry.Type().IsRegular() && licenceFile.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// vendored adds the licences of what is vendored in our own folders.
func (b *build) vendored(texts map[string]string) error {
	return filepath.WalkDir(b.folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if parent := filepath.Dir(file); parent != b.folder && entry.Type().IsRegular() && licenceFile.MatchString(entry.Name()) {
			texts[path.Join("licenses", filepath.Base(parent), entry.Name())] = file
		}
		return nil
	})
}
