package lab

import (
	"context"
	"slices"
	"strings"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/exitcode"
	"loadlab/internal/supervise"
	"loadlab/loadgen/cli"
)

// serve runs services in this process.
func serve(ctx context.Context, with Environment, names []string) int {
	ctx, cancel := supervise.Lifeline(ctx, with.Getenv, with.Stdin, func() { with.Exit(exitcode.Error) })
	defer cancel()
	var flags []string
	for len(names) > 0 && strings.HasPrefix(names[0], "-") {
		flags, names = append(flags, names[0]), names[1:]
	}
	var cfg Config
	err := unknownServices("serve", names)
	if err == nil && len(names) == 0 {
		err = &usageError{"serve needs the name of a service"}
	}
	if err == nil {
		err = env.Parse(with.Getenv, &cfg)
	}
	if err != nil {
		return exitCode(with.Stderr, err)
	}
	var instances []app.Instance
	for _, s := range cfg.services() {
		if slices.Contains(names, s.builder.Name) {
			instance := cfg.instance(s, with.Getenv)
			instance.Environ = with.Environ
			instances = append(instances, instance)
		}
	}
	return app.Run(ctx, flags, with.Stdout, with.Stderr, instances...)
}

// load runs the load generator in this process.
func load(ctx context.Context, with Environment, args []string) int {
	ctx, cancel := supervise.Lifeline(ctx, with.Getenv, with.Stdin, func() { with.Exit(exitcode.Error) })
	defer cancel()
	var cfg Config
	if err := env.Parse(with.Getenv, &cfg); err != nil {
		return exitCode(with.Stderr, err)
	}
	defaults := map[string]string{
		"LOADGEN_BASE_URL":   "http://" + loopback(cfg.Gateway),
		"LOADGEN_ADMIN_ADDR": loopback(cfg.Loadgen),
	}
	return cli.Command{Args: args, Environ: with.Environ, Stdout: with.Stdout, Stderr: with.Stderr, Getenv: func(variable string) string {
		if value := with.Getenv(variable); value != "" {
			return value
		}
		return defaults[variable]
	}}.Run(ctx)
}
