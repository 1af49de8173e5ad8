package items

import (
	"context"
	"database/sql"
	"net/http"

	"github.com/labstack/echo/v4"
)

// replace answers PUT /items/{id} with the item in its new version. With
// If-Match it does so only from a version that the client has seen.
func replace(db *Database) echo.HandlerFunc {
	return func(c echo.Context) error {
		var v violations
		v.query(c.Request())
		id, err := readID(c, &v)
		if err != nil {
			return err
		}
		want := readCondition(c.Request().Header, "If-Match", false, &v)
		fields, err := readFields(c.Request(), &v)
		if err != nil {
			return err
		}
		if err := v.problem(); err != nil {
			return err
		}
		var item Item
		err = db.use(c, func(ctx context.Context, conn *sql.Conn) (err error) {
			item, err = updateItem(ctx, conn, id, fields, want)
			return err
		})
		if err != nil {
			return err
		}
		return sendItem(c, http.StatusOK, item)
	}
}
