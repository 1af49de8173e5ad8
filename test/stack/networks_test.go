package stack

import (
	"context"
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

// addresses are those of a container in its networks, at least one.
func (c *composition) addresses(t *testing.T, service string) []string {
	t.Helper()
	addresses := strings.Fields(c.inspect(t, service, "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"))
	if len(addresses) == 0 {
		t.Fatalf("%s has no address", service)
	}
	return addresses
}

// address is that of a container in one of its networks.
func (c *composition) address(t *testing.T, service string) string {
	t.Helper()
	return c.addresses(t, service)[0]
}

func checkNetworks(t *testing.T, c *composition, names []string) {
	checkMembership(t, c, names)
	// Prometheus shares a network with items, and items with postgres. Its image has a shell and nslookup.
	eventually(t, healsWithin, func(ctx context.Context) error { return c.hasValue(ctx, `up{job="items"} == 1`) })
	for name, want := range map[string]bool{"items": true, "postgres": false} {
		out, _ := c.try("exec", "-T", "prometheus", "nslookup", name+".") // it fails if there is no such name
		if found := slices.ContainsFunc(c.addresses(t, name), func(address string) bool { return strings.Contains(out, address+"\n") }); found != want {
			t.Errorf("Prometheus finds %s: %t\n%s", name, found, out)
		}
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
