package bundle

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// writeBOM writes the software bill of materials of the archive in CycloneDX
// form. It lists what the linker recorded in the commands, not what go.mod
// allows. It has no serial number, and its time is the commit's, so that two
// builds are equal.
func (b *build) writeBOM(file string, commands []string) error {
	bom := cdx.NewBOM()
	root := cdx.Component{
		BOMRef: "pkg:golang/loadlab@" + b.version, PackageURL: "pkg:golang/loadlab@" + b.version,
		Type: cdx.ComponentTypeApplication, Name: "loadlab", Version: b.version,
	}
	bom.Metadata = &cdx.Metadata{Timestamp: b.date.Format(time.RFC3339), Component: &root}
	components, dependencies, err := b.components(commands)
	if err != nil {
		return err
	}
	refs := make([]string, 0, len(commands))
	for _, name := range commands {
		refs = append(refs, commandRef(name))
	}
	dependencies = append([]cdx.Dependency{{Ref: root.BOMRef, Dependencies: &refs}}, dependencies...)
	bom.Components, bom.Dependencies = &components, &dependencies
	var text bytes.Buffer
	if err := cdx.NewBOMEncoder(&text, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false).Encode(bom); err != nil {
		return fmt.Errorf("write the bill of materials: %w", err)
	}
	if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write the bill of materials: %w", err)
	}
	return nil
}

func commandRef(name string) string { return "command:" + name }

// components returns the commands with their checksums, then every module in
// them, and which command contains which.
func (b *build) components(commands []string) ([]cdx.Component, []cdx.Dependency, error) {
	var own []cdx.Component
	var dependencies []cdx.Dependency
	libraries := map[string]cdx.Component{}
	for _, name := range commands {
		path := filepath.Join(b.bin, name)
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, nil, fmt.Errorf("read what %s is made of: %w", name, err)
		}
		sum, err := checksum(path)
		if err != nil {
			return nil, nil, err
		}
		own = append(own, cdx.Component{
			BOMRef: commandRef(name), Type: cdx.ComponentTypeApplication, Name: name, Version: b.version,
			Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: sum}},
		})
		contained := map[string]cdx.Component{}
		add := func(path, version string) {
			purl := "pkg:golang/" + path + "@" + version
			contained[purl] = cdx.Component{BOMRef: purl, PackageURL: purl, Type: cdx.ComponentTypeLibrary, Name: path, Version: version}
		}
		add("std", strings.TrimPrefix(info.GoVersion, "go"))
		for _, module := range info.Deps {
			if module.Replace != nil {
				module = module.Replace
			}
			add(module.Path, module.Version)
		}
		maps.Copy(libraries, contained)
		refs := slices.Sorted(maps.Keys(contained))
		dependencies = append(dependencies, cdx.Dependency{Ref: commandRef(name), Dependencies: &refs})
	}
	for _, purl := range slices.Sorted(maps.Keys(libraries)) {
		own = append(own, libraries[purl])
	}
	return own, dependencies, nil
}
