package prom

import "fmt"

func invalid(parameter string, err error) error {
	return badData{fmt.Errorf("invalid parameter %q: %w", parameter, err)}
}
