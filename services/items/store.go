package items

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"loadlab/internal/web/problem"
)

// The statements are understood by PostgreSQL and SQLite alike. SQLite numbers
// parameters in order of appearance, so they appear in order.

// queryer is a connection or a transaction on it.
type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func insertItem(ctx context.Context, q queryer, fields Fields) (Item, error) {
	item := Item{Fields: fields, Version: 1}
	err := q.QueryRowContext(ctx, `INSERT INTO items (name, quantity) VALUES ($1, $2) RETURNING id`,
		fields.Name, fields.Quantity).Scan(&item.ID)
	return item, err
}

func selectItem(ctx context.Context, q queryer, id int64) (Item, error) {
	item := Item{ID: id}
	err := q.QueryRowContext(ctx, `SELECT name, quantity, version FROM items WHERE id = $1`, id).
		Scan(&item.Name, &item.Quantity, &item.Version)
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

// updateItem replaces the fields if the item is in a version that want allows.
// The version is compared by the statement itself: of two that race, one wins.
func updateItem(ctx context.Context, q queryer, id int64, fields Fields, want condition) (Item, error) {
	item := Item{ID: id, Fields: fields}
	args := []any{fields.Name, fields.Quantity, id}
	err := q.QueryRowContext(ctx, `UPDATE items SET name = $1, quantity = $2, version = version + 1 WHERE id = $3`+
		want.clause(&args)+` RETURNING version`, args...).Scan(&item.Version)
	return item, whyNone(ctx, q, id, err)
}

// deleteItem removes the item if it is in a version that want allows.
func deleteItem(ctx context.Context, q queryer, id int64, want condition) error {
	args := []any{id}
	err := q.QueryRowContext(ctx, `DELETE FROM items WHERE id = $1`+want.clause(&args)+` RETURNING id`, args...).Scan(&id)
	return whyNone(ctx, q, id, err)
}

// clause restricts a statement, whose arguments it appends to, to the versions asked for.
func (c condition) clause(args *[]any) string {
	switch {
	case c.unconditional():
		return ""
	case len(c.versions) == 0:
		return " AND false"
	}
	places := make([]string, len(c.versions))
	for i, version := range c.versions {
		*args = append(*args, version)
		places[i] = "$" + strconv.Itoa(len(*args))
	}
	return " AND version IN (" + strings.Join(places, ", ") + ")"
}

// whyNone returns why a statement has changed nothing: there is no such item, or
// it is in another version.
func whyNone(ctx context.Context, q queryer, id int64, err error) error {
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := selectItem(ctx, q, id); err != nil {
		return err
	}
	return preconditionFailed()
}

func orNotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return problem.New(http.StatusNotFound, "there is no such item")
	}
	return err
}
