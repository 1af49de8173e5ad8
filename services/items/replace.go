package items

import (
	"context"
	"database/sql"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// replace answers PUT /items/{id} with the item in its new version. With
// preconditions it does so only from a version for which they hold.
func replace(db *Database) echo.HandlerFunc {
	return func(c echo.Context) error {
		var v violations
		id, pre := readTarget(c, &v)
		fields, err := readFields(c.Request(), &v)
		if err != nil {
			return err
		}
		if err := v.problem(); err != nil {
			return err
		}
		var item Item
		err = db.use(c, func(ctx context.Context, conn *sql.Conn) (err error) {
			if !pre.given() {
				item, err = updateItem(ctx, conn, id, anyVersion, fields, time.Now())
				return orNotFound(err)
			}
			item, err = whileCurrent(ctx, conn, id, pre, func(current Item) (Item, error) {
				return updateItem(ctx, conn, id, current.Version, fields, time.Now())
			})
			return err
		})
		if err != nil {
			return err
		}
		return sendItem(c, http.StatusOK, item)
	}
}
