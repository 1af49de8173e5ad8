package definition

import (
	"regexp"
)

var (
	experimentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,49}$`)
	identifier     = regexp.MustCompile(`^[a-z][a-z0-9_]{0,49}$`)
	serviceName    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,49}$`)
	serviceMark    = regexp.MustCompile(`\{([a-z][a-z0-9_]*)(\.admin)?\}`)
)
