package stack

import (
	"strings"
	"testing"
)

// otherImages are names that the test gives to images, by the variables that choose them.
func otherImages() map[string]string {
	return map[string]string{
		"POSTGRES_IMAGE": project + "/postgres:other", "PROMETHEUS_IMAGE": project + "/prometheus:other", "JAEGER_IMAGE": project + "/jaeger:other",
		"GO_IMAGE": project + "/go:other", "BASE_IMAGE": project + "/base:other", "DEBIAN_IMAGE": project + "/debian:other",
	}
}

// mark is a label by which an image that was built on another one is known.
const mark = "loadlab.other"

// retag makes the images: the usual ones with a label, under other names. It
// returns the variables that ask for them.
func retag(t *testing.T, c *composition) map[string]string {
	t.Helper()
	usual := example(t)
	for variable, name := range otherImages() {
		recipe := "FROM " + usual[variable] + "\nLABEL " + mark + "=" + variable + "\n"
		if out, err := dockerWith(commandLimit, strings.NewReader(recipe), c.root, nil, "build", "--tag", name, "-"); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return otherImages()
}

func checkOtherImages(t *testing.T, c *composition) {
	for service, variable := range map[string]string{"postgres": "POSTGRES_IMAGE", "prometheus": "PROMETHEUS_IMAGE", "jaeger": "JAEGER_IMAGE", "iobound": "BASE_IMAGE"} {
		if got := c.inspect(t, service, `{{index .Config.Labels "`+mark+`"}}`); got != variable {
			t.Errorf("%s runs on an image with the mark %q, not that of %s", service, got, variable)
		}
	}
	// An image without a compiler shows that it is the one that would be built with.
	broken := c.with(map[string]string{"GO_IMAGE": otherImages()["BASE_IMAGE"]})
	if out, err := broken.try("build", "iobound"); err == nil {
		t.Errorf("iobound was built with an image that has no compiler: %s", out)
	}
}
