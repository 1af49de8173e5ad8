package items

import "loadlab/internal/env"

func unusable(reason string) error {
	return &env.Error{Problems: []env.Problem{{Variable: "DATABASE_URL", Reason: reason}}}
}
