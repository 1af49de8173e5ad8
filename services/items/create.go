package items

import (
	"context"
	"database/sql"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// create answers POST /items with 201 and the item. With an Idempotency-Key the
// same request again is answered with the same item, and marked as replayed.
func create(db *Database) echo.HandlerFunc {
	return func(c echo.Context) error {
		var v violations
		v.query(c.Request())
		key := readKey(c.Request().Header, db.cfg.KeyRequired, &v)
		pre := readPreconditions(c.Request(), &v)
		fields, err := readFields(c.Request(), &v)
		if err != nil {
			return err
		}
		if err := v.problem(); err != nil {
			return err
		}
		if err := pre.evaluate(collection); err != nil {
			return err
		}
		item, replayed, err := db.create(c, key, fields)
		if err != nil {
			return err
		}
		header := c.Response().Header()
		header.Set("Location", itemPath(item.ID))
		if replayed {
			header.Set("Idempotency-Replayed", "true")
		}
		return sendItem(c, http.StatusCreated, item)
	}
}

func (d *Database) create(c echo.Context, key string, fields Fields) (item Item, replayed bool, err error) {
	if key == "" {
		return item, false, d.use(c, func(ctx context.Context, conn *sql.Conn) (err error) {
			item, err = insertItem(ctx, conn, fields, time.Now())
			return err
		})
	}
	release, err := d.keys.claim(key)
	if err != nil {
		return item, false, err
	}
	defer release()
	err = d.use(c, func(ctx context.Context, conn *sql.Conn) (err error) {
		item, replayed, err = d.createOnce(ctx, conn, key, fields, time.Now())
		return err
	})
	return item, replayed, err
}
