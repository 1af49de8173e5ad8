package integration

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"loadlab/internal/testkit"
	"loadlab/internal/web/fault"
	"loadlab/internal/web/faultkind"
)

// documentedFault is a command of the section Faults of docs/services.md.
var documentedFault = regexp.MustCompile(`(?m)^    (curl .*?) +#`)

// TestDocumentedFaultCommands runs each command of the documentation, and looks
// whether the fault that it names is on.
func TestDocumentedFaultCommands(t *testing.T) {
	testkit.Require(t, "curl")
	service := testkit.Start(t, "iobound")
	text, err := os.ReadFile(filepath.Join(root, "docs/services.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "### Faults\n")
	section, _, _ = strings.Cut(section, "\n## ")
	documented := map[string]bool{}
	for _, match := range documentedFault.FindAllStringSubmatch(section, -1) {
		command := strings.Replace(match[1], "localhost:9081", service.AdminURL, 1)
		out := client(t, "sh", "-c", strings.Replace(command, "curl ", "curl --silent --show-error --fail-with-body ", 1))
		var listed fault.List
		if err := json.Unmarshal([]byte(out), &listed); err != nil {
			t.Errorf("%s: %v: %s", command, err, out)
			continue
		}
		name := parameter(command, "kind") + " " + parameter(command, "distribution")
		switch {
		case strings.Contains(command, "PUT"):
			if !lists(listed, command) {
				t.Errorf("%s: the faults are %s", command, out)
			}
			documented[strings.TrimSpace(name)] = true
		case strings.Contains(command, "DELETE") && parameter(command, "kind") == "" && len(listed.Faults) > 0:
			t.Errorf("%s: the faults are %s", command, out)
		}
	}
	for _, kind := range faultkind.Kinds() {
		if !documented[kind] {
			t.Errorf("no command switches %s on", kind)
		}
	}
	for _, distribution := range faultkind.Distributions() {
		if distribution != faultkind.Fixed && !documented[faultkind.Latency+" "+distribution] {
			t.Errorf("no command has a latency that is %s", distribution)
		}
	}
}

// parameter is that of a command's query, empty if it has none.
func parameter(command, name string) string {
	match := regexp.MustCompile(`[?&]` + name + `=([^&'\s]*)`).FindStringSubmatch(command)
	if match == nil {
		return ""
	}
	return match[1]
}

func lists(listed fault.List, command string) bool {
	for _, on := range listed.Faults {
		distribution := parameter(command, "distribution")
		if on.Kind == parameter(command, "kind") && on.Route == parameter(command, "route") && (distribution == "" || on.Distribution == distribution) {
			return true
		}
	}
	return false
}
