package loadlab_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"loadlab/internal/app"
	"loadlab/runtimes"
	"loadlab/services/cpubound"
	"loadlab/services/gateway"
	"loadlab/services/iobound"
	"loadlab/services/items"
	"loadlab/services/mixed"
)

// builders is the one list of services; the tests below hold everything else to it.
func builders() []app.Builder {
	return []app.Builder{gateway.Builder(), iobound.Builder(), cpubound.Builder(), mixed.Builder(), items.Builder()}
}

func TestEveryServiceHasItsFolderItsCommandAndItsOwnPort(t *testing.T) {
	ports := map[int]string{}
	for _, builder := range builders() {
		if other := ports[builder.Port]; other != "" {
			t.Errorf("%s and %s have the same port %d", builder.Name, other, builder.Port)
		}
		ports[builder.Port] = builder.Name
		if _, err := os.Stat("cmd/" + builder.Name + "/main.go"); err != nil {
			t.Error(err)
		}
	}
	folders, err := os.ReadDir("services")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, folder := range folders {
		found = append(found, folder.Name())
	}
	if all := slices.Sorted(slices.Values(names())); !slices.Equal(all, found) {
		t.Errorf("the builders are %v, the folders below services %v", all, found)
	}
}

// A service that is forgotten in one of these files would run and not be seen.
func TestEveryServiceIsComposedAndScraped(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Build struct {
				Target string `yaml:"target"`
			} `yaml:"build"`
		} `yaml:"services"`
	}
	var scraping struct {
		Jobs []struct {
			Name string `yaml:"job_name"`
		} `yaml:"scrape_configs"`
	}
	readYAML(t, "docker-compose.yml", &compose)
	readYAML(t, "prometheus.yml", &scraping)
	var jobs []string
	for _, job := range scraping.Jobs {
		jobs = append(jobs, job.Name)
	}
	recipe, err := os.ReadFile("deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{"loadgen", "console"}, names()...) {
		if got := compose.Services[name].Build.Target; got != name {
			t.Errorf("docker-compose.yml builds %s as %q", name, got)
		}
		if !slices.Contains(jobs, name) {
			t.Errorf("prometheus.yml has no job %s, only %v", name, jobs)
		}
		if !strings.Contains(string(recipe), " AS "+name+"\n") {
			t.Errorf("deploy/Dockerfile has no stage %s", name)
		}
	}
}

// The tutorial's servers are listed where Prometheus finds them and where they are left out.
func TestEveryRuntimeIsComposedAndScraped(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Profiles []string `yaml:"profiles"`
			Build    struct {
				Target string `yaml:"target"`
			} `yaml:"build"`
			Ports []string `yaml:"ports"`
		} `yaml:"services"`
	}
	readYAML(t, "docker-compose.yml", &compose)
	var all, hosts []string
	for _, s := range runtimes.All() {
		all, hosts = append(all, s.Name), append(hosts, s.Name+".")
		port := fmt.Sprintf("127.0.0.1:${%s_PORT:-%d}:8080", strings.ToUpper(s.Name), s.Port)
		if got := compose.Services[s.Name]; got.Build.Target != s.Name || !slices.Equal(got.Profiles, []string{"runtimes"}) || !slices.Equal(got.Ports, []string{port}) {
			t.Errorf("docker-compose.yml has %s as %+v, with the port %s wanted", s.Name, got, port)
		}
	}
	jobs := strings.Join(all, "|")
	for name, part := range map[string]string{
		"deploy/prometheus/runtimes.scrape.yml":     "names: [" + strings.Join(hosts, ", ") + "]",
		"deploy/prometheus/lab.rules.yml":           `up{job!~"` + jobs + `"}`,
		"grafana/grafana.go":                        jobs,
		"grafana/dashboards/runtimes/runtimes.json": jobs,
	} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), part) {
			t.Errorf("%s has no %s", name, part)
		}
	}
}

func names() []string {
	var all []string
	for _, builder := range builders() {
		all = append(all, builder.Name)
	}
	return all
}

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(text, into, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
