package items

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// read answers GET and HEAD /items/{id} with the item, or 304 if the client has that version.
func read(db *Database) echo.HandlerFunc {
	return func(c echo.Context) error {
		var v violations
		id, pre := readTarget(c, &v)
		if err := v.problem(); err != nil {
			return err
		}
		var item Item
		err := db.use(c, func(ctx context.Context, conn *sql.Conn) (err error) {
			item, err = selectItem(ctx, conn, id)
			return err
		})
		if err != nil {
			return err
		}
		// Without it a cache could take the item for fresh because it is old (RFC 9111, section 4.2.2).
		c.Response().Header().Set("Cache-Control", "no-cache")
		err = pre.evaluate(item.validators())
		if errors.Is(err, errNotModified) {
			c.Response().Header().Set("ETag", etag(item.Version))
			return c.NoContent(http.StatusNotModified)
		}
		if err != nil {
			return err
		}
		return sendItem(c, http.StatusOK, item)
	}
}

// wholePath answers 404, whatever the method, if a further element follows the id:
// the router's last parameter takes the rest of the path.
func wholePath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if below, ok := strings.CutPrefix(c.Request().URL.Path, "/items/"); ok && strings.Contains(below, "/") {
			return echo.ErrNotFound
		}
		return next(c)
	}
}

// readTarget reads what every request for an item has: the id, the preconditions, and no query.
func readTarget(c echo.Context, v *violations) (id int64, pre preconditions) {
	v.query(c.Request())
	return readID(c, v), readPreconditions(c.Request(), v)
}

// readID reads the id of the path.
func readID(c echo.Context, v *violations) int64 {
	text := c.Param("id")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != text {
		v.add("id", "must be a whole number from 1 on, as the service gave it")
	}
	return id
}

func itemPath(id int64) string { return "/items/" + strconv.FormatInt(id, 10) }

func sendItem(c echo.Context, status int, item Item) error {
	header, current := c.Response().Header(), item.validators()
	header.Set("ETag", current.tag)
	if !current.modified.IsZero() {
		// Never later than Date, although another replica's clock may be ahead (RFC 9110, section 8.8.2.1).
		modified := min(item.modified, time.Now().Unix())
		header.Set("Last-Modified", time.Unix(modified, 0).UTC().Format(http.TimeFormat))
	}
	return c.JSON(status, item)
}
