package stack

import (
	"slices"
	"strings"
	"testing"
)

// networks are those of each container, in alphabetical order.
func networks() map[string]string {
	all := map[string]string{
		"gateway": "back front observability", "console": "back front observability",
		"iobound": "back observability", "cpubound": "back observability", "mixed": "back observability", "loadgen": "back observability",
		"items": "back database observability", "postgres": "database",
		"prometheus": "dashboards observability", "jaeger": "dashboards observability", "grafana": "dashboards",
	}
	for _, name := range runtimeNames() {
		all[name] = "back front observability"
	}
	return all
}

// address is that of a container in one of its networks.
func (c *composition) address(t *testing.T, service string) string {
	t.Helper()
	addresses := strings.Fields(c.inspect(t, service, "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"))
	if len(addresses) == 0 {
		t.Fatalf("%s has no address", service)
	}
	return addresses[0]
}

func checkNetworks(t *testing.T, c *composition, names []string) {
	checkMembership(t, c, names)
	// Prometheus's image has a shell and wget. It shares a network with items, and items with postgres.
	if out, err := c.try("exec", "-T", "prometheus", "wget", "-Y", "off", "-q", "-T", "5", "-O", "/dev/null", "http://items:9464/livez"); err != nil {
		t.Errorf("Prometheus does not reach items: %v %s", err, out)
	}
	if _, err := c.try("exec", "-T", "prometheus", "wget", "-Y", "off", "-q", "-T", "5", "-O", "/dev/null", "http://postgres:5432"); err == nil ||
		!strings.Contains(err.Error(), "bad address") && !strings.Contains(err.Error(), "resolve") {
		t.Errorf("Prometheus finds the database: %v", err)
	}
}

// checkMembership compares the networks of the containers with the list above.
func checkMembership(t *testing.T, c *composition, names []string) {
	for _, name := range names {
		found := strings.Fields(c.inspect(t, name, "{{range $name, $_ := .NetworkSettings.Networks}}{{println $name}}{{end}}"))
		for i, network := range found {
			found[i] = strings.TrimPrefix(network, project+"_")
		}
		slices.Sort(found)
		if got := strings.Join(found, " "); got != networks()[name] {
			t.Errorf("%s is in the networks %q, not %q", name, got, networks()[name])
		}
	}
}
