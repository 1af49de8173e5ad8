package items

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"loadlab/internal/decimal"
)

const (
	defaultLimit = 50
	maxLimit     = 500 // items of a page
)

// collection is what preconditions of requests for /items are compared with: it
// exists and has no validator, since a page cannot be identified without reading it.
var collection = validators{}

// list answers GET /items with one page, in order of id. An item that is there
// from the first page to the last is on exactly one of them, whatever is
// created or deleted meanwhile.
func list(db *Database) echo.HandlerFunc {
	return func(c echo.Context) error {
		var v violations
		limit, after := readPage(c.Request(), &v)
		pre := readPreconditions(c.Request(), &v)
		if err := v.problem(); err != nil {
			return err
		}
		if err := pre.evaluate(collection); errors.Is(err, errNotModified) {
			return c.NoContent(http.StatusNotModified)
		} else if err != nil {
			return err
		}
		var page Page
		err := db.use(c, func(ctx context.Context, conn *sql.Conn) (err error) {
			// One more than asked for shows whether there is a next page.
			page.Items, err = selectPage(ctx, conn, after, limit+1)
			return err
		})
		if err != nil {
			return err
		}
		if len(page.Items) > limit {
			page.Items = page.Items[:limit]
			page.NextCursor = encodeCursor(page.Items[limit-1].ID)
		}
		return c.JSON(http.StatusOK, page)
	}
}

func readPage(r *http.Request, v *violations) (limit int, after int64) {
	given := v.query(r, "limit", "cursor")
	limit = defaultLimit
	var err error
	if text, ok := given["limit"]; ok {
		given, err := decimal.Int(text)
		if limit = int(given); err != nil || given < 1 || given > maxLimit {
			v.add("limit", "must be a whole number from 1 to "+strconv.Itoa(maxLimit))
		}
	}
	if text, ok := given["cursor"]; ok {
		if after, err = decodeCursor(text); err != nil {
			v.add("cursor", err.Error())
		}
	}
	return limit, after
}
