package items

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/labstack/echo/v4"

	"loadlab/internal/web"
	"loadlab/internal/web/problem"
)

// retryAfter is the value of Retry-After when the database or its pool is too busy.
const retryAfter = time.Second

// use runs statements on one connection of the pool. Waiting for the connection
// is queue, which a dial is part of where a new one is opened; the statements
// are wait.
func (d *Database) use(c echo.Context, statements func(context.Context, *sql.Conn) error) error {
	if !d.migrated.Load() {
		return unavailable(c, errors.New("not migrated yet"))
	}
	ctx, meter := c.Request().Context(), web.Meter(c)
	var conn *sql.Conn
	err := meter.Queue(func() (err error) {
		limited, cancel := context.WithTimeout(ctx, d.cfg.AcquireTimeout)
		defer cancel()
		conn, err = d.pool.Conn(limited)
		return err
	})
	if err != nil {
		return d.notAcquired(c, err)
	}
	err = meter.Wait("database", func() error { return statements(ctx, conn) })
	// The error of a connection that broke is that of its last statement.
	_ = conn.Close()
	return d.translate(c, err)
}

func (d *Database) notAcquired(c echo.Context, err error) error {
	if c.Request().Context().Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		web.CountShed(c, "pool")
		return problem.Shed(http.StatusServiceUnavailable,
			"no connection to the database became free within "+d.cfg.AcquireTimeout.String(), retryAfter).Because(err)
	}
	return d.translate(c, err)
}

// translate distinguishes a database that does not work now from a bug.
func (d *Database) translate(c echo.Context, err error) error {
	var answer *problem.Problem
	ctx := c.Request().Context()
	switch {
	case err == nil || errors.As(err, &answer):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("use the database: %w", context.Cause(ctx))
	}
	d.noticeLostSchema(err)
	if isFull(err) {
		return problem.Shed(http.StatusInsufficientStorage, errFull.Error(), retryAfter).Because(err)
	}
	if isPassing(err) {
		return unavailable(c, err)
	}
	return fmt.Errorf("use the database: %w", err)
}

func unavailable(c echo.Context, err error) error {
	web.CountShed(c, "database")
	return problem.Shed(http.StatusServiceUnavailable, "the database cannot be used now", retryAfter).Because(err)
}

// errFull is the reason that clients and probes see when the disk has no room.
var errFull = errors.New("the disk of the database is full")

// diskFull is PostgreSQL's code for a disk without room.
const diskFull = "53100"

// isFull reports whether the database had no room on its disk.
func isFull(err error) bool {
	if server, ok := errors.AsType[*pgconn.PgError](err); ok {
		return server.Code == diskFull
	}
	return isFullFile(err)
}

// isPassing reports whether err may go away without a change of the program:
// the server is down, has no room, or two statements conflicted.
func isPassing(err error) bool {
	if server, ok := errors.AsType[*pgconn.PgError](err); ok {
		return passingState(server.Code)
	}
	if passing, known := isPassingInFile(err); known {
		return passing
	}
	return true // the connection failed, or could not be opened
}

// undefinedTable is PostgreSQL's code for a table that is not there.
const undefinedTable = "42P01"

// passingState knows the classes of PostgreSQL's error codes (documentation,
// appendix A): connection, authorization, a database that is not there yet,
// rollback, resources, operator intervention, system.
func passingState(code string) bool {
	for _, class := range []string{"08", "28", "3D", "40", "53", "57", "58"} {
		if strings.HasPrefix(code, class) {
			return true
		}
	}
	return code == undefinedTable
}

// noticeLostSchema has the schema made again when the database was replaced by an empty one.
func (d *Database) noticeLostSchema(err error) {
	if server, ok := errors.AsType[*pgconn.PgError](err); ok && server.Code == undefinedTable {
		d.migrated.Store(false)
	}
}
