package stack

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	stage     = regexp.MustCompile(`(?m)^FROM (--platform=\S+ )?\S+ AS (\S+)`)
	ofMachine = regexp.MustCompile(`(?i)\b(amd64|x86_64|x86-64|arm64|aarch64)\b|@sha256:`)
)

// An image is built for the platform of the machine that it will run on. Only the
// compilers run on that of the machine that builds: nothing but programs that
// they compiled for the other one may be copied from them.
func TestImagesAreOfEveryPlatform(t *testing.T) {
	recipe := contents(t, "../../deploy/Dockerfile")
	compilers := []string{"build"}
	for _, match := range stage.FindAllStringSubmatch(recipe, -1) {
		if onBuilder := match[1] == "--platform=$BUILDPLATFORM "; match[1] != "" && !onBuilder || onBuilder != slices.Contains(compilers, match[2]) {
			t.Errorf("stage %s of deploy/Dockerfile: %q", match[2], match[1])
		}
	}
	if builds, targets := strings.Count(recipe, "go build "), strings.Count(recipe, "CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build "); builds == 0 || builds != targets {
		t.Errorf("%d of %d compilations in deploy/Dockerfile are for the image's platform", targets, builds)
	}
	if bake := contents(t, "../../deploy/docker-bake.hcl"); !strings.Contains(bake, `platforms  = ["linux/amd64", "linux/arm64"]`) {
		t.Error("deploy/docker-bake.hcl does not build for amd64 and arm64")
	}
	// The digest of an image may be that of one platform.
	for _, name := range []string{"deploy/Dockerfile", "docker-compose.yml", "docker-compose.images.yml", ".env.example"} {
		for line := range strings.Lines(contents(t, "../../"+name)) {
			if found := ofMachine.FindString(line); found != "" && !strings.HasPrefix(strings.TrimSpace(line), "#") || strings.HasPrefix(strings.TrimSpace(line), "platform") {
				t.Errorf("%s is bound to a platform: %s", name, strings.TrimSpace(line))
			}
		}
	}
}
