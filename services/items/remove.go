package items

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/labstack/echo/v4"
)

// remove answers DELETE /items/{id} with 204. With If-Match it removes only a
// version that the client has seen.
func remove(db *Database) echo.HandlerFunc {
	return func(c echo.Context) error {
		var v violations
		v.query(c.Request())
		id, err := readID(c, &v)
		if err != nil {
			return err
		}
		want := readCondition(c.Request().Header, "If-Match", false, &v)
		if err := v.problem(); err != nil {
			return err
		}
		err = db.use(c, func(ctx context.Context, conn *sql.Conn) error {
			return deleteItem(ctx, conn, id, want)
		})
		if err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}
