package cli_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"loadlab/internal/testkit"
	"loadlab/loadgen/cli"
)

func TestExperimentsAreReached(t *testing.T) {
	for _, row := range []struct {
		name     string
		args     []string
		variable string // the value of LOADGEN_EXPERIMENT
		want     []string
	}{
		{name: "run", args: []string{"run", "tutorial-io", "--quick"}, want: []string{"run", "tutorial-io", "--quick"}},
		{name: "list", args: []string{"list"}, want: []string{"list"}},
		{name: "variable", variable: "queueing", want: []string{"run", "queueing"}},
		{name: "flag", args: []string{"--experiment", "queueing"}, want: []string{"run", "queueing"}},
		{name: "flag before variable", args: []string{"--experiment=overload"}, variable: "queueing", want: []string{"run", "overload"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var out testkit.Output
			var got []string
			command := cli.Command{
				Args: row.args, Stdout: &out, Stderr: &out,
				Getenv: func(name string) string { return map[string]string{"LOADGEN_EXPERIMENT": row.variable}[name] },
				Experiments: func(_ context.Context, args []string) int {
					got = args
					return 3
				},
			}
			if code := command.Run(t.Context()); code != 3 || !slices.Equal(got, row.want) {
				t.Errorf("experiments were run with %q, exit code %d, want %q, 3: %s", got, code, row.want, out.String())
			}
		})
	}
}

func TestNoExperimentsIsSaid(t *testing.T) {
	code, _, stderr := command(t.Context(), nil, "LOADGEN_EXPERIMENT=tutorial-io", "LOADGEN_RATE=-1")
	if code != 2 || !strings.Contains(stderr, "this command has no experiments") || !strings.Contains(stderr, "LOADGEN_RATE") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
