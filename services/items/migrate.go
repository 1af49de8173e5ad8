package items

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"go.uber.org/zap"
)

//go:embed migrations
var migrations embed.FS

// upkeepEvery is how often the database is looked after. Between two times the
// collection may outgrow its bound by what is created meanwhile.
const upkeepEvery = time.Second

// migrateLimit bounds one attempt to migrate, a wait for another replica's included.
const migrateLimit = 30 * time.Second

// newMigrator prepares the migrations of SQLite or PostgreSQL; it does not use the database yet.
func newMigrator(db *sql.DB, isFile bool) (*goose.Provider, error) {
	dialect, folder := goose.DialectPostgres, "postgres"
	if isFile {
		dialect, folder = goose.DialectSQLite3, "sqlite"
	}
	files, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler))}
	if !isFile {
		// Replicas that start together migrate one after another.
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("prepare the lock of migrations: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return nil, fmt.Errorf("prepare migrations: %w", err)
	}
	return provider, nil
}

// Migrate brings the schema up to date; without it no request is served.
func (d *Database) Migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, migrateLimit)
	defer cancel()
	// A provider looks for its table of versions once only, and the database may
	// have been replaced since.
	migrator, err := newMigrator(d.upkeep, d.isFile())
	if err != nil {
		return err
	}
	done, err := migrator.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	for _, result := range done {
		d.log.Info("migrated", zap.Int64("version", result.Source.Version), zap.Duration("took", result.Duration))
	}
	d.migrated.Store(true)
	return nil
}

// startLimit bounds how long a start waits for the database.
const startLimit = 2 * time.Second

// migrateAtStart lets a service that is restarted serve its first request: its
// database is there and migrated, but it has to ask. Without one it starts too,
// and Maintain goes on.
func (d *Database) migrateAtStart(ctx context.Context) {
	if d.migrated.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := d.Migrate(ctx); err != nil {
		d.log.Debug("the database is not ready at the start", zap.Error(err))
	}
}

// Maintain looks after the database until ctx ends: it migrates as soon as the
// database can be reached, then keeps the tables within their bounds. What
// fails is logged when it begins to fail, and tried again.
func (d *Database) Maintain(ctx context.Context) error {
	ticker := time.NewTicker(upkeepEvery)
	defer ticker.Stop()
	failing := false
	for {
		err := d.maintainOnce(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !failing:
			d.log.Warn("the database cannot be used", zap.Error(err))
		case err == nil && failing:
			d.log.Info("the database can be used again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (d *Database) maintainOnce(ctx context.Context) error {
	if !d.migrated.Load() {
		if err := d.Migrate(ctx); err != nil {
			return err
		}
	}
	return d.Prune(ctx)
}

// Prune removes the oldest items beyond the bound, and keys that have expired
// or whose item is that old. The bound is one of ids: they ascend without being
// used again, so no more rows than that can be left, and nothing is counted.
func (d *Database) Prune(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, migrateLimit)
	defer cancel()
	var newest sql.NullInt64
	err := d.upkeep.QueryRowContext(ctx, `SELECT max(id) FROM items`).Scan(&newest)
	if err == nil {
		oldest := newest.Int64 - d.cfg.MaxRows
		_, itemsErr := d.upkeep.ExecContext(ctx, `DELETE FROM items WHERE id <= $1`, oldest)
		_, keysErr := d.upkeep.ExecContext(ctx, `DELETE FROM idempotency_keys WHERE item_id <= $1`, oldest)
		_, expiredErr := d.upkeep.ExecContext(ctx, `DELETE FROM idempotency_keys WHERE created_at < $1`,
			time.Now().Add(-d.cfg.KeyTTL).Unix())
		err = errors.Join(itemsErr, keysErr, expiredErr)
	}
	if err != nil {
		d.noticeLostSchema(err)
		return fmt.Errorf("prune the database: %w", err)
	}
	return nil
}
