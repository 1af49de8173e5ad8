package items

import (
	"context"
	"errors"
	"path/filepath"

	"loadlab/internal/app"
	"loadlab/internal/env"
	"loadlab/internal/scratch"
)

// Builder makes the service.
func Builder() app.Builder {
	return app.Builder{Name: "items", Port: 8084, Vars: func() []any { return []any{&Config{}} }, Build: build}
}

func build(ctx context.Context, p app.Params) (*app.Service, error) {
	var cfg Config
	if err := env.Parse(p.Getenv, &cfg); err != nil {
		return nil, err
	}
	removeFile := func() error { return nil }
	if cfg.URL == "" {
		dir, remove, err := scratch.Make("", "loadlab-items-")
		if err != nil {
			return nil, unusable("no file can be made for it: " + err.Error())
		}
		cfg.URL, removeFile = sqlitePrefix+filepath.Join(dir, "items.db"), remove
	}
	db, err := Open(ctx, cfg, p.Telemetry)
	if err != nil {
		return nil, errors.Join(err, removeFile())
	}
	db.migrateAtStart(ctx)
	return &app.Service{
		Server:     New(p.Web, p.Telemetry, db),
		Ready:      db.Ready,
		Background: []func(context.Context) error{db.Maintain},
		Close:      func() error { return errors.Join(db.Close(), removeFile()) },
	}, nil
}
