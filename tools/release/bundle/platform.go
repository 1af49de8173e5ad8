package bundle

import (
	"fmt"
	"strings"
)

// Platform is an operating system with an architecture, by Go's names.
type Platform struct{ OS, Arch string }

// Platforms is a list that a flag can hold.
type Platforms []Platform

// AllPlatforms returns those of a release.
func AllPlatforms() Platforms {
	return Platforms{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}}
}

// UnmarshalText reads os/arch pairs separated by commas.
func (p *Platforms) UnmarshalText(text []byte) error {
	*p = nil
	for pair := range strings.SplitSeq(string(text), ",") {
		system, arch, ok := strings.Cut(pair, "/")
		if !ok || system == "" || arch == "" {
			return fmt.Errorf("%q is not os/arch, such as linux/amd64", pair)
		}
		*p = append(*p, Platform{system, arch})
	}
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (p Platforms) MarshalText() ([]byte, error) {
	pairs := make([]string, 0, len(p))
	for _, one := range p {
		pairs = append(pairs, one.OS+"/"+one.Arch)
	}
	return []byte(strings.Join(pairs, ",")), nil
}
