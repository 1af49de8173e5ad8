package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// The clients.
const (
	LeanClient = "lean"     // the generator's own, for HTTP/1.1 without TLS
	StdClient  = "net/http" // for everything else; it takes several times the CPU time
)

// Client is what sent the requests to some of the targets.
type Client struct {
	Name    string   `json:"name"`
	Why     []string `json:"why,omitempty"` // it is not the lean one
	Targets []string `json:"targets"`
}

// Is reports whether both are the same client for the same reasons.
func (c *Client) Is(other *Client) bool {
	return c.Name == other.Name && slices.Equal(c.Why, other.Why)
}

// addClients adds those of one list to another.
func addClients(into, from []Client) []Client {
	for _, c := range from {
		at := slices.IndexFunc(into, func(known Client) bool { return known.Is(&c) })
		if at < 0 {
			c.Targets = slices.Clone(c.Targets)
			into = append(into, c)
			continue
		}
		for _, name := range c.Targets {
			if !slices.Contains(into[at].Targets, name) {
				into[at].Targets = append(into[at].Targets, name)
			}
		}
	}
	return into
}

// writeClients says which client ran, and why it was not the lean one.
func (r *Report) writeClients(w io.Writer) {
	for i := range r.Clients {
		c := &r.Clients[i]
		text := c.Name
		if len(c.Why) > 0 {
			text += " because of " + strings.Join(c.Why, ", ")
		}
		if len(r.Clients) > 1 {
			text += " for " + strings.Join(c.Targets, ", ")
		}
		fmt.Fprintf(w, "client     %s\n", text)
	}
	var protocols []string
	for _, name := range slices.Sorted(maps.Keys(r.Protocols)) {
		protocols = append(protocols, fmt.Sprintf("%s %d", name, r.Protocols[name]))
	}
	if len(protocols) > 0 {
		fmt.Fprintf(w, "protocol   %s\n", strings.Join(protocols, ", "))
	}
}
