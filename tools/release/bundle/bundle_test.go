package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

const emulator = "qemu-aarch64-static"

// release builds for one platform; test/arm64 has compiled the same packages with the same flags.
func release(t *testing.T, out string) {
	t.Helper()
	o := Options{Version: "1.2.3", Out: out, Platforms: Platforms{{"linux", "arm64"}}}
	if err := Build(t.Context(), o, io.Discard); err != nil {
		t.Fatal(err)
	}
}

func TestTwoBuildsAreEqual(t *testing.T) {
	revision := strings.TrimSpace(output(t, exec.Command("git", "rev-parse", "HEAD")))
	first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
	release(t, first)
	t.Setenv("TMPDIR", t.TempDir()) // the second build has its sources elsewhere
	t.Setenv("GOFLAGS", "-tags=nosqlite")
	t.Setenv("TZ", "Asia/Kathmandu")
	release(t, second)
	entries, err := os.ReadDir(first)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
		if a, b := read(t, filepath.Join(first, entry.Name())), read(t, filepath.Join(second, entry.Name())); !bytes.Equal(a, b) {
			t.Errorf("%s has %d bytes and %d bytes, which differ", entry.Name(), len(a), len(b))
		}
	}
	if want := []string{"SHA256SUMS", "loadlab_1.2.3_linux_arm64.cdx.json", "loadlab_1.2.3_linux_arm64.tar.gz"}; !slices.Equal(names, want) {
		t.Errorf("the release has %q, want %q", names, want)
	}
	checkSums(t, first)
	commands := checkArchive(t, filepath.Join(first, "loadlab_1.2.3_linux_arm64.tar.gz"), revision)
	checkBOM(t, filepath.Join(first, "loadlab_1.2.3_linux_arm64.cdx.json"), commands)
}

func checkSums(t *testing.T, folder string) {
	t.Helper()
	check := exec.Command("sha256sum", "--check", "--strict", checksumFile)
	check.Dir = folder
	if out, err := check.CombinedOutput(); err != nil || strings.Count(string(out), ": OK\n") != 2 {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
}

// checkArchive unpacks the archive as a user does, and returns the commands in it.
func checkArchive(t *testing.T, file, revision string) []string {
	t.Helper()
	folder := t.TempDir()
	if out, err := exec.Command("tar", "-xzf", file, "-C", folder).CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	folder = filepath.Join(folder, "loadlab_1.2.3_linux_arm64")
	var commands []string
	sources, err := filepath.Glob("../../../cmd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		command := filepath.Base(source)
		commands = append(commands, command)
		said := output(t, program(t, filepath.Join(folder, command), "--version"))
		for _, part := range []string{"loadlab 1.2.3 (revision " + revision, "Z, " + runtime.Version() + " linux/arm64)\n"} {
			if !strings.Contains(said, part) {
				t.Errorf("%s --version prints %q, without %q", command, said, part)
			}
		}
	}
	for _, name := range []string{"README.md", "CHANGELOG.md", "LICENSE", "licenses/go/LICENSE", "licenses/uplot/LICENSE", "licenses/go.uber.org/zap/LICENSE",
		"share/man/man1/loadgen.1", "share/bash-completion/completions/loadgen", "share/zsh/site-functions/_loadgen", "share/fish/vendor_completions.d/loadgen.fish"} {
		if len(read(t, filepath.Join(folder, name))) == 0 {
			t.Errorf("%s is empty", name)
		}
	}
	return commands
}

func checkBOM(t *testing.T, file string, commands []string) {
	t.Helper()
	var bom cdx.BOM
	if err := cdx.NewBOMDecoder(bytes.NewReader(read(t, file)), cdx.BOMFileFormatJSON).Decode(&bom); err != nil {
		t.Fatal(err)
	}
	if bom.SerialNumber != "" || bom.Metadata.Component.Version != "1.2.3" {
		t.Errorf("serial number %q, version %q", bom.SerialNumber, bom.Metadata.Component.Version)
	}
	var applications, libraries []string
	for _, component := range *bom.Components {
		switch component.Type {
		case cdx.ComponentTypeApplication:
			applications = append(applications, component.Name)
		case cdx.ComponentTypeLibrary:
			libraries = append(libraries, component.Name)
		}
	}
	if !slices.Equal(applications, commands) {
		t.Errorf("it lists the commands %q, want %q", applications, commands)
	}
	for _, want := range []string{"std", "go.uber.org/zap", "github.com/prometheus/prometheus", "modernc.org/sqlite"} {
		if !slices.Contains(libraries, want) {
			t.Errorf("it does not list %s", want)
		}
	}
}

// program is the command line of an arm64 program on this machine.
func program(t *testing.T, path string, arguments ...string) *exec.Cmd {
	t.Helper()
	if runtime.GOOS == "linux" && runtime.GOARCH == "arm64" {
		return exec.Command(path, arguments...)
	}
	if _, err := exec.LookPath(emulator); err != nil {
		if os.Getenv("LAB_REQUIRE") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return exec.Command(emulator, append([]string{path}, arguments...)...)
}

func output(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v", command.Args, err)
	}
	return string(out)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// An archive has no time, owner or mode of the file system that it was made on.
func TestArchivesForgetTheFileSystem(t *testing.T) {
	date := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	write := func(mode os.FileMode, age time.Duration) []byte {
		folder := t.TempDir()
		content := map[string]string{}
		for _, name := range []string{"tool", "text"} {
			file := filepath.Join(folder, name)
			if err := os.WriteFile(file, []byte(name), mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(file, date.Add(-age), date.Add(-age)); err != nil {
				t.Fatal(err)
			}
			content["some/"+name] = file
		}
		var archive bytes.Buffer
		if err := writeTarGz(&archive, "top", content, []string{"some/tool"}, date); err != nil {
			t.Fatal(err)
		}
		return archive.Bytes()
	}
	archive := write(0o600, time.Hour)
	if !bytes.Equal(archive, write(0o640, time.Minute)) {
		t.Error("two archives of the same files differ")
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	if unzipped.Name != "" || !unzipped.ModTime.IsZero() {
		t.Errorf("gzip names %q of %v", unzipped.Name, unzipped.ModTime)
	}
	want := map[string]int64{"top/some/text": 0o644, "top/some/tool": 0o755}
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if mode, ok := want[header.Name]; !ok || mode != header.Mode || !header.ModTime.Equal(date) || header.Uid != 0 || header.Uname != "" {
			t.Errorf("unexpected %+v", header)
		}
		delete(want, header.Name)
	}
	if len(want) > 0 {
		t.Errorf("not in the archive: %v", want)
	}
}

// A folder is emptied only of a release.
func TestAReleaseDeletesNothingElse(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{checksumFile, archivePrefix + "1.2.2_linux_arm64.tar.gz"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := empty(folder); err != nil {
		t.Errorf("an earlier release: %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 0 {
		t.Errorf("what is left of it: %v, %v", entries, err)
	}
	if err := empty(filepath.Join(folder, "a", "new", "one")); err != nil {
		t.Errorf("a folder that does not exist: %v", err)
	}
	if err := empty(folder); err == nil || !strings.Contains(err.Error(), "holds a,") {
		t.Errorf("a folder with something else: %v", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "a", "new", "one")); err != nil {
		t.Errorf("the refused folder was changed: %v", err)
	}
}

func TestPlatforms(t *testing.T) {
	var p Platforms
	if err := p.UnmarshalText([]byte("linux/amd64,darwin/arm64")); err != nil || !slices.Equal(p, Platforms{{"linux", "amd64"}, {"darwin", "arm64"}}) {
		t.Errorf("got %v, %v", p, err)
	}
	for _, wrong := range []string{"", "linux", "linux/", "/arm64", "linux/amd64,"} {
		if err := p.UnmarshalText([]byte(wrong)); err == nil {
			t.Errorf("%q is accepted", wrong)
		}
	}
	if text, err := AllPlatforms().MarshalText(); err != nil || string(text) != "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64" {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestAReleaseIsInTheChangelog(t *testing.T) {
	for _, row := range []struct {
		changelog string
		want      bool
	}{
		{"# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-11-27\n", true},
		{"## 1.2.3 - planned\n", false},
		{"## 1.2.30 - 2026-11-27\n", false},
		{"See 1.2.3\n", false},
	} {
		if got := hasRelease(row.changelog, "1.2.3"); got != row.want {
			t.Errorf("%q: %t, want %t", row.changelog, got, row.want)
		}
	}
}
