package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"loadlab/experiments/definition"
	"loadlab/experiments/result"
)

// unmetNeeds says which needs are not met. A service without a need must be reachable.
func unmetNeeds(ctx context.Context, d *definition.Definition, e definition.Env) ([]string, error) {
	var unmet []string
	needed := map[string]bool{}
	for i, need := range d.Needs {
		needed[need.Service] = true
		switch err := met(ctx, d, i, e.Services[need.Service]); {
		case errors.Is(err, errNoAdmin):
			unmet = append(unmet, fmt.Sprintf("%s: %v; set %s_ADMIN_URL, from which %s is read", need.Service, err, strings.ToUpper(need.Service), need.Metric))
		case err != nil:
			unmet = append(unmet, fmt.Sprintf("%s: %v; it needs %s", need.Service, err, need.Setting))
		}
	}
	var errs []error
	for _, name := range d.ServiceNames() {
		if needed[name] {
			continue
		}
		if err := reachable(ctx, e.Services[name]); err != nil {
			errs = append(errs, fmt.Errorf("service %s: %w", name, err))
		}
	}
	for _, name := range d.AdminNames() {
		if e.Services[name].Admin == "" && len(unmet) == 0 {
			errs = append(errs, fmt.Errorf("service %s: %w", name, errNoAdmin))
		}
	}
	return unmet, errors.Join(errs...)
}

func met(ctx context.Context, d *definition.Definition, i int, service definition.Service) error {
	if err := reachable(ctx, service); err != nil {
		return err
	}
	need := d.Needs[i]
	if need.Metric == "" {
		return nil
	}
	scope := map[string]any{}
	for name, value := range d.Given {
		scope[name] = value
	}
	key, relation := "equals", ""
	if need.Min != "" {
		key, relation = "min", "at least "
	}
	want, err := d.Expression(fmt.Sprintf("$.needs[%d].%s", i, key)).Evaluate(scope)
	if err != nil {
		return err
	}
	metrics, err := scrape(ctx, service)
	if err != nil {
		return err
	}
	switch got, has := metrics[need.Metric]; {
	case !has:
		return fmt.Errorf("it has no metric %s", need.Metric)
	case got < want, need.Equals != "" && got != want:
		return fmt.Errorf("%s is %s, not %s%s", need.Metric, result.Number(got), relation, result.Number(want))
	}
	return nil
}
