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
		key := readKey(c.Request().Header, &v)
		fields, err := readFields(c.Request(), &v)
		if err != nil {
			return err
		}
		if err := v.problem(); err != nil {
			return err
		}
		var item Item
		var replayed bool
		err = db.use(c, func(ctx context.Context, conn *sql.Conn) (err error) {
			if key == "" {
				item, err = insertItem(ctx, conn, fields)
				return err
			}
			item, replayed, err = createOnce(ctx, conn, key, fields, time.Now())
			return err
		})
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
