package loadgen

import "sync"

// created keeps the names of resources that replies have given, oldest first,
// for the placeholder {created}.
type created struct {
	mu    sync.Mutex
	names []string
}

const (
	maxCreated = 1024
	// keepCreated resources are left alone by DELETE, so that it does not meet the newest, which the others use.
	keepCreated = 16
)

func (c *created) add(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.names) == maxCreated {
		c.names = c.names[:copy(c.names, c.names[1:])]
	}
	c.names = append(c.names, name)
}

// take returns the newest name, or removes the oldest to be consumed.
func (c *created) take(consume bool) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !consume && len(c.names) > 0:
		return c.names[len(c.names)-1], true
	case consume && len(c.names) > keepCreated:
		oldest := c.names[0]
		c.names = c.names[:copy(c.names, c.names[1:])]
		return oldest, true
	}
	return "", false
}
