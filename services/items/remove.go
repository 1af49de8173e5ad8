package items

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/labstack/echo/v4"
)

// remove answers DELETE /items/{id} with 204. With preconditions it removes
// only a version for which they hold.
func remove(db *Database) echo.HandlerFunc {
	return func(c echo.Context) error {
		var v violations
		id, pre := readTarget(c, &v)
		if err := v.problem(); err != nil {
			return err
		}
		err := db.use(c, func(ctx context.Context, conn *sql.Conn) error {
			if !pre.given() {
				return orNotFound(deleteItem(ctx, conn, id, anyVersion))
			}
			_, err := whileCurrent(ctx, conn, id, pre, func(current Item) (Item, error) {
				return current, deleteItem(ctx, conn, id, current.Version)
			})
			return err
		})
		if err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}
