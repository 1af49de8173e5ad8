// Package machine reads what a comparison says of the machine that it runs on.
package machine

import (
	"context"
	"os/exec"
	"strings"
)

// DebianVersion is the version of an installed package of Debian, "version
// unknown" elsewhere.
func DebianVersion(ctx context.Context, name string) string {
	out, err := exec.CommandContext(ctx, "dpkg-query", "-W", "-f", "${Version}", name).Output()
	if err != nil {
		return "version unknown"
	}
	return strings.TrimSpace(string(out))
}
