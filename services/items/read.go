package items

import (
	"context"
	"database/sql"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
)

// read answers GET /items/{id} with the item, or 304 if the client has that version.
func read(db *Database) echo.HandlerFunc {
	return func(c echo.Context) error {
		var v violations
		v.query(c.Request())
		id, err := readID(c, &v)
		if err != nil {
			return err
		}
		known := readCondition(c.Request().Header, "If-None-Match", true, &v)
		if err := v.problem(); err != nil {
			return err
		}
		var item Item
		err = db.use(c, func(ctx context.Context, conn *sql.Conn) (err error) {
			item, err = selectItem(ctx, conn, id)
			return err
		})
		if err != nil {
			return err
		}
		if known.given && known.holds(item.Version) {
			c.Response().Header().Set("ETag", etag(item.Version))
			return c.NoContent(http.StatusNotModified)
		}
		return sendItem(c, http.StatusOK, item)
	}
}

// readID reads the id of the path. The router's last parameter takes the rest of
// the path, which is no route of ours when it has a further element.
func readID(c echo.Context, v *violations) (int64, error) {
	text := c.Param("id")
	if strings.Contains(text, "/") {
		return 0, echo.ErrNotFound
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != text {
		v.add("id", "must be a whole number from 1 on, as the service gave it")
	}
	return id, nil
}

func itemPath(id int64) string { return "/items/" + strconv.FormatInt(id, 10) }

func sendItem(c echo.Context, status int, item Item) error {
	c.Response().Header().Set("ETag", etag(item.Version))
	return c.JSON(status, item)
}
