package items

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"time"

	"loadlab/internal/web/problem"
)

// The statements are understood by PostgreSQL and SQLite alike. SQLite numbers
// parameters in order of appearance, so they appear in order.

// queryer is a connection or a transaction on it.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func insertItem(ctx context.Context, q queryer, fields Fields, now time.Time) (Item, error) {
	item := Item{Fields: fields, Version: 1, modified: now.Unix()}
	err := q.QueryRowContext(ctx, `INSERT INTO items (name, quantity, modified_at) VALUES ($1, $2, $3) RETURNING id`,
		fields.Name, fields.Quantity, item.modified).Scan(&item.ID)
	return item, err
}

func selectItem(ctx context.Context, q queryer, id int64) (Item, error) {
	item := Item{ID: id}
	err := q.QueryRowContext(ctx, `SELECT name, quantity, version, modified_at FROM items WHERE id = $1`, id).
		Scan(&item.Name, &item.Quantity, &item.Version, &item.modified)
	return item, orNotFound(err)
}

func selectPage(ctx context.Context, conn *sql.Conn, after int64, limit int) (items []Item, err error) {
	rows, err := conn.QueryContext(ctx,
		`SELECT id, name, quantity, version FROM items WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	items = []Item{}
	for rows.Next() {
		var item Item
		if err := rows.Scan(&item.ID, &item.Name, &item.Quantity, &item.Version); err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}

// anyVersion has updateItem and deleteItem write whatever the version is.
const anyVersion = 0

// updateItem replaces the fields of an item in the given version. The error is
// sql.ErrNoRows if there is none. The statement itself compares the version: of
// two that race, one wins.
func updateItem(ctx context.Context, q queryer, id, version int64, fields Fields, now time.Time) (Item, error) {
	item := Item{ID: id, Fields: fields, modified: now.Unix()}
	statement, args := inVersion(`UPDATE items SET name = $1, quantity = $2, modified_at = $3, version = version + 1 WHERE id = $4`,
		version, fields.Name, fields.Quantity, item.modified, id)
	err := q.QueryRowContext(ctx, statement+` RETURNING version`, args...).Scan(&item.Version)
	return item, err
}

// deleteItem removes an item in the given version. The error is sql.ErrNoRows if there is none.
func deleteItem(ctx context.Context, q queryer, id, version int64) error {
	statement, args := inVersion(`DELETE FROM items WHERE id = $1`, version, id)
	return q.QueryRowContext(ctx, statement+` RETURNING id`, args...).Scan(&id)
}

// inVersion restricts a statement to a version, which becomes its last argument.
func inVersion(statement string, version int64, args ...any) (restricted string, all []any) {
	if version == anyVersion {
		return statement, args
	}
	return statement + ` AND version = $` + strconv.Itoa(len(args)+1), append(args, version)
}

// whileCurrent evaluates the preconditions for the item as it is and returns what
// write makes of it. If another request changes the item between the two, write
// returns sql.ErrNoRows, and both are done again.
func whileCurrent(ctx context.Context, q queryer, id int64, pre preconditions, write func(current Item) (Item, error)) (Item, error) {
	for {
		current, err := selectItem(ctx, q, id)
		if err != nil {
			return Item{}, err
		}
		if err := pre.evaluate(current.validators()); err != nil {
			return Item{}, err
		}
		if written, err := write(current); !errors.Is(err, sql.ErrNoRows) {
			return written, err
		}
	}
}

func orNotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return problem.New(http.StatusNotFound, "there is no such item")
	}
	return err
}
