package items

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.uber.org/zap"

	"loadlab/internal/telemetry"
)

// Database is the pool of connections that requests share, and a second, small
// one for probes and upkeep, so that a full pool does not look like a database
// that is down.
type Database struct {
	cfg      Config
	log      *zap.Logger
	pool     *sql.DB
	upkeep   *sql.DB
	migrated atomic.Bool
	keys     keysInUse
}

// upkeepConnections are one for a probe and one for what runs in the background.
const upkeepConnections = 2

// connectTimeout bounds the dial of a PostgreSQL connection whose URL has no bound of its own.
const connectTimeout = 5 * time.Second

// Open prepares the database that cfg names.
//
// A SQLite file is opened and migrated at once; one that cannot be used is an
// *env.Error. A PostgreSQL server need not be up: until Migrate succeeds, which
// Maintain sees to, Ready says why and requests are answered 503.
func Open(ctx context.Context, cfg Config, tel *telemetry.Telemetry) (*Database, error) {
	d := &Database{cfg: cfg, log: tel.Log}
	connector, about, err := d.connect()
	if err != nil {
		return nil, err
	}
	d.pool = traced(connector, about, tel.Provider)
	d.pool.SetMaxOpenConns(cfg.MaxConnections)
	d.pool.SetMaxIdleConns(cfg.MaxConnections)
	d.upkeep = sql.OpenDB(connector)
	d.upkeep.SetMaxOpenConns(upkeepConnections)
	if d.isFile() {
		if err := d.Migrate(ctx); err != nil && !isLocked(err) {
			return nil, errors.Join(unusable("the SQLite file cannot be used: "+err.Error()), d.Close())
		}
	}
	if err := tel.Registry.Register(collectors.NewDBStatsCollector(d.pool, "items")); err != nil {
		return nil, errors.Join(fmt.Errorf("register the metrics of the pool: %w", err), d.Close())
	}
	return d, nil
}

// connect returns the connector of the database, and what the semantic conventions say of it.
func (d *Database) connect() (driver.Connector, []attribute.KeyValue, error) {
	if path, ok := strings.CutPrefix(d.cfg.URL, sqlitePrefix); ok {
		source, err := sqliteSource(path, d.cfg.AcquireTimeout)
		if err != nil {
			return nil, nil, unusable("its path has no absolute form: " + err.Error())
		}
		connector, err := openSQLite(source)
		return connector, []attribute.KeyValue{semconv.DBSystemNameSQLite}, err
	}
	parsed, err := pgx.ParseConfig(d.cfg.URL)
	if err != nil {
		// The parser's words repeat the URL, which holds a password.
		return nil, nil, unusable("not a PostgreSQL URL")
	}
	if parsed.ConnectTimeout == 0 {
		parsed.ConnectTimeout = connectTimeout
	}
	return stdlib.GetConnector(*parsed, stdlib.OptionAfterConnect(registerValues)), []attribute.KeyValue{semconv.DBSystemNamePostgreSQL, semconv.DBNamespace(parsed.Database),
		semconv.ServerAddress(parsed.Host), semconv.ServerPort(int(parsed.Port))}, nil
}

// Close closes all connections.
func (d *Database) Close() error {
	return errors.Join(d.pool.Close(), d.upkeep.Close())
}
