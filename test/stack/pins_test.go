package stack

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	pinned     = regexp.MustCompile(`\$\{([A-Z]+_IMAGE):-([^}]+)\}`)
	composeImg = regexp.MustCompile(`(?m)^\s+image: (\S+)`)
	// A row of the table of images, whose first cell has a tag.
	documentedImage = regexp.MustCompile("(?m)^\\| `([a-z0-9./-]+:[^`/ ]+)` \\|")
	assignment      = regexp.MustCompile(`(?m)^([a-z_]+)=(\S+)`)
)

// pins are the images that docker-compose.yml names, by their variables.
func pins(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, match := range pinned.FindAllStringSubmatch(contents(t, "../../docker-compose.yml"), -1) {
		found[match[1]] = match[2]
	}
	return found
}

// standIns are the names that deploy/offline/settings.sh has for the images. Grafana has no stand-in.
func standIns() map[string]string {
	return map[string]string{
		"GO_IMAGE": "go_image", "BASE_IMAGE": "static_image", "DEBIAN_IMAGE": "debian_image",
		"PROMETHEUS_IMAGE": "prometheus_image", "JAEGER_IMAGE": "jaeger_image", "POSTGRES_IMAGE": "postgres_image",
	}
}

// settings are the variables of deploy/offline/settings.sh.
func settings(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, match := range assignment.FindAllStringSubmatch(contents(t, "../../deploy/offline/settings.sh"), -1) {
		found[match[1]] = os.Expand(match[2], func(name string) string { return found[name] })
	}
	return found
}

// All files must name the same version.
func TestEveryImageIsPinnedOnceAndDocumented(t *testing.T) {
	documented := contents(t, "../../docs/containers.md")
	offline, recipe, bake := settings(t), contents(t, "../../deploy/Dockerfile"), contents(t, "../../deploy/docker-bake.hcl")
	for variable, image := range pins(t) {
		if got := example(t)[variable]; got != image {
			t.Errorf("%s is %s in .env.example, %s in docker-compose.yml", variable, got, image)
		}
		if !strings.Contains(documented, "| `"+image+"` |") {
			t.Errorf("the table in docs/containers.md has no %s", image)
		}
		if slices.Contains([]string{"GO_IMAGE", "BASE_IMAGE", "DEBIAN_IMAGE"}, variable) {
			if !strings.Contains(recipe, "ARG "+variable+"="+image+"\n") || !strings.Contains(bake, `"`+variable+`" { default = "`+image+`" }`) {
				t.Errorf("deploy/Dockerfile or deploy/docker-bake.hcl has another %s than %s", variable, image)
			}
		}
		if name := standIns()[variable]; name != "" && offline[name] != image {
			t.Errorf("deploy/offline/settings.sh has %s=%s, not a stand-in for %s", name, offline[name], image)
		}
	}
	for _, row := range documentedImage.FindAllStringSubmatch(documented, -1) {
		if !slices.Contains(slices.Collect(maps.Values(pins(t))), row[1]) {
			t.Errorf("docs/containers.md has a row for %s, which nothing uses", row[1])
		}
	}
	for _, match := range composeImg.FindAllStringSubmatch(contents(t, "../../docker-compose.yml"), -1) {
		if !strings.HasPrefix(match[1], "loadlab/") && !pinned.MatchString(match[1]) {
			t.Errorf("the image %s has no variable", match[1])
		}
	}
}

// A configuration is what Compose makes of the files.
type configuration struct {
	Services map[string]struct {
		Image       string
		Build       json.RawMessage
		PullPolicy  string `json:"pull_policy"`
		Attach      *bool
		Profiles    []string
		Environment map[string]*string
		Healthcheck struct{ Interval string }
		ReadOnly    bool `json:"read_only"`
		Privileged  bool
		CapDrop     []string `json:"cap_drop"`
		CapAdd      []string `json:"cap_add"`
		SecurityOpt []string `json:"security_opt"`
		Pid         string
		Ipc         string
		Userns      string `json:"userns_mode"`
		Uts         string
		NetworkMode string `json:"network_mode"`
		Devices     []json.RawMessage
		Ports       []struct {
			HostIP string `json:"host_ip"`
		}
		Deploy struct {
			Resources struct {
				Limits struct {
					CPUs   float64
					Memory string
					Pids   int
				}
			}
		}
		Volumes []struct {
			Type     string
			Source   string
			ReadOnly bool `json:"read_only"`
			Bind     struct{ Selinux string }
		}
	}
}

func configured(t *testing.T, variables map[string]string, files ...string) configuration {
	t.Helper()
	if os.Getenv("LAB_STACK") != "1" && os.Getenv("LAB_REQUIRE") != "1" {
		t.Skip("needs Docker Compose: set LAB_STACK=1")
	}
	arguments := []string{"compose", "--env-file", "/dev/null", "--profile", "*"}
	for _, file := range files {
		arguments = append(arguments, "--file", file)
	}
	out, err := docker("../..", variables, append(arguments, "config", "--format", "json")...)
	if err != nil {
		t.Fatal(err)
	}
	var c configuration
	if err := json.Unmarshal([]byte(out), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfigurationSuitsUsersMachines(t *testing.T) {
	c := configured(t, nil, "docker-compose.yml")
	checks := 0.0 // a second
	for name, service := range c.Services {
		if own := strings.HasPrefix(service.Image, "loadlab/"); own != (service.PullPolicy == "build") {
			t.Errorf("%s: image %s, pull policy %q", name, service.Image, service.PullPolicy)
		}
		if attached := service.Attach == nil || *service.Attach; attached != (name == "loadgen" || name == "console") {
			t.Errorf("%s is attached: %t", name, attached)
		}
		for _, volume := range service.Volumes {
			if volume.Type == "bind" && (!volume.ReadOnly || volume.Bind.Selinux != "z") {
				t.Errorf("%s: a file of the machine is mounted as %+v", name, volume)
			}
		}
		if name == "lab" { // has no network
			continue
		}
		for _, variable := range []string{"NO_PROXY", "no_proxy"} {
			value := service.Environment[variable]
			if value == nil {
				t.Errorf("%s has no %s", name, variable)
				continue
			}
			for other := range c.Services {
				if other != "lab" && !slices.Contains(strings.Split(*value, ","), other) {
					t.Errorf("%s: %s has no %s", name, variable, other)
				}
			}
		}
		interval, err := time.ParseDuration(service.Healthcheck.Interval)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(service.Profiles) == 0 {
			checks += 1 / interval.Seconds()
		}
	}
	// Measured: 0.4 checks a second take 2.6 % of a core (docs/containers.md).
	if checks > 0.3 {
		t.Errorf("%.2f health checks a second cost more than 2 %% of a core", checks)
	}
}

// Grafana cannot be had in every place where this runs, so its settings are read.
func TestGrafanaFetchesNothingAtItsStart(t *testing.T) {
	environment := configured(t, nil, "docker-compose.yml").Services["grafana"].Environment
	for variable, want := range map[string]string{
		"GF_PLUGINS_PREINSTALL_DISABLED": "true", "GF_PLUGINS_PREINSTALL_AUTO_UPDATE": "false", "GF_ANALYTICS_REPORTING_ENABLED": "false",
		"GF_ANALYTICS_CHECK_FOR_UPDATES": "false", "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false", "GF_NEWS_NEWS_FEED_ENABLED": "false",
		"GF_SERVER_ENABLE_GZIP": "false", "GF_USERS_VIEWERS_CAN_EDIT": "true",
	} {
		if got := environment[variable]; got == nil || *got != want {
			t.Errorf("%s is not %s", variable, want)
		}
	}
}

func TestPublishedImagesAreNotBuilt(t *testing.T) {
	c := configured(t, map[string]string{"IMAGE_PREFIX": "registry.example.org/team", "VERSION": "1.2.3"}, "docker-compose.yml", "docker-compose.images.yml")
	bake := contents(t, "../../deploy/docker-bake.hcl")
	for _, name := range append(append(services(), "lab"), runtimeNames()...) {
		service := c.Services[name]
		if service.Build != nil || service.Image != "registry.example.org/team/"+name+":1.2.3" || service.PullPolicy != "missing" {
			t.Errorf("%s: image %s, pull policy %s, build %s", name, service.Image, service.PullPolicy, service.Build)
		}
		if !strings.Contains(bake, `"`+name+`"`) {
			t.Errorf("deploy/docker-bake.hcl does not build %s", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		if service := c.Services[name]; strings.HasPrefix(service.Image, "loadlab/") {
			t.Errorf("%s has the image %s", name, service.Image)
		}
	}
}
