package items

import (
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"loadlab/internal/env"
)

// Config is the service's configuration, read from the environment.
type Config struct {
	URL            string        `env:"DATABASE_URL" secret:"true" help:"database, as postgres://user:password@host:port/name or sqlite:path; by default a SQLite file that is removed at the end"`
	MaxConnections int           `env:"DATABASE_MAX_CONNECTIONS" envDefault:"10" min:"1" max:"1000" unit:"connections" help:"connections that serve requests; two more are for probes and upkeep"`
	AcquireTimeout time.Duration `env:"DATABASE_ACQUIRE_TIMEOUT" envDefault:"5s" min:"1ms" max:"1m" help:"how long a request waits for a connection of the pool; then it is answered 503"`
	MaxRows        int64         `env:"ITEMS_MAX_ROWS" envDefault:"100000" min:"1" max:"100000000" unit:"items" help:"items that are kept; the oldest beyond that are removed every second"`
	KeyTTL         time.Duration `env:"IDEMPOTENCY_TTL" envDefault:"1h" min:"1s" max:"168h" help:"how long an Idempotency-Key is remembered"`
	KeyRequired    bool          `env:"IDEMPOTENCY_KEY_REQUIRED" envDefault:"false" help:"whether POST /items without an Idempotency-Key is answered 400"`
}

// Validate checks the form of the database's URL, which is never repeated: it holds a password.
func (c *Config) Validate() []env.Problem {
	if reason := c.malformed(); reason != "" {
		return []env.Problem{{Variable: "DATABASE_URL", Reason: reason + "; write postgres://user:password@host:port/name or sqlite:path"}}
	}
	return nil
}

func (c *Config) malformed() string {
	if path, ok := strings.CutPrefix(c.URL, sqlitePrefix); ok {
		if path == "" || strings.HasPrefix(path, ":") || strings.ContainsRune(path, 0) {
			return "not the path of a SQLite file"
		}
		return ""
	}
	if c.URL == "" {
		return ""
	}
	u, err := url.Parse(c.URL)
	switch {
	case err != nil:
		return "not a URL"
	case u.Scheme != "postgres" && u.Scheme != "postgresql":
		return "neither PostgreSQL nor SQLite"
	case u.Host == "" && !u.Query().Has("host"):
		return "it has no host"
	}
	if _, err := pgx.ParseConfig(c.URL); err != nil {
		return "PostgreSQL's client does not take its port or its parameters"
	}
	return ""
}

const sqlitePrefix = "sqlite:"

// sqliteSource is the data source name of the SQLite file at path. Writers take
// their lock as they begin, so that two of them wait for each other instead of
// failing; what has been answered survives a loss of power.
func sqliteSource(path string, busy time.Duration) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	options := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(" + milliseconds(busy) + ")", "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(67108864)",
	}}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: options.Encode()}).String(), nil
}

func (d *Database) isFile() bool { return strings.HasPrefix(d.cfg.URL, sqlitePrefix) }

func milliseconds(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }
