package app

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Set by the linker in release builds.
var (
	version  = ""
	revision = ""
	date     = ""
)

// Version says which build runs: version, revision, date and toolchain.
func Version() string {
	return fmt.Sprintf("loadlab %s (revision %s, built %s, %s %s/%s)",
		ShortVersion(), or(revision, setting("vcs.revision")), or(date, setting("vcs.time")),
		runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// ShortVersion is the version alone: that of the linker, that which the compiler
// took from the tags of the repository, or "dev".
func ShortVersion() string {
	info, ok := debug.ReadBuildInfo()
	if ok && info.Main.Version != "(devel)" {
		return or(version, or(strings.TrimPrefix(info.Main.Version, "v"), "dev"))
	}
	return or(version, "dev")
}

func setting(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return "unknown"
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
