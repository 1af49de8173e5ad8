package items

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"loadlab/internal/decimal"
	"loadlab/internal/web/jsonbody"
	"loadlab/internal/web/problem"
)

// mergePatch is the media type of a JSON Merge Patch (RFC 7396).
const mergePatch = "application/merge-patch+json"

// acceptPatch names the header that lists the media types of patches (RFC 5789, section 3.1).
const acceptPatch = "Accept-Patch"

// advertisePatch adds Accept-Patch to what the router answers to OPTIONS.
func advertisePatch(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Method == http.MethodOptions && c.Path() == itemRoute {
			c.Response().Header().Set(acceptPatch, mergePatch)
		}
		return next(c)
	}
}

// patch answers PATCH /items/{id} with the patched item. A patch that changes
// nothing leaves the version as it is.
func patch(db *Database) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(acceptPatch, mergePatch)
		var v violations
		id, pre := readTarget(c, &v)
		members, err := readPatch(c.Request(), &v)
		if err != nil {
			return err
		}
		if err := v.problem(); err != nil {
			return err
		}
		var item Item
		err = db.use(c, func(ctx context.Context, conn *sql.Conn) (err error) {
			item, err = whileCurrent(ctx, conn, id, pre, func(current Item) (Item, error) {
				fields, err := current.merge(members)
				if err != nil || fields == current.Fields {
					return current, err
				}
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

// readPatch returns the members of the patch in the body of r.
func readPatch(r *http.Request, v *violations) (map[string]json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	err := jsonbody.ReadMedia(r, mergePatch, func(name string, value json.RawMessage) error {
		return takeMember(members, name, value, v)
	})
	if errors.Is(err, jsonbody.ErrNotObject) {
		return nil, problem.New(http.StatusUnprocessableEntity, "a merge patch that is no object replaces the whole item, and the result is no item")
	}
	return members, err
}

// merge returns the fields of the item after the patch, or a problem with the
// status 422 if the result is no item (RFC 5789, section 2.2). Merging the top
// level is enough: an object below it is a valid value of no field.
func (i Item) merge(patch map[string]json.RawMessage) (Fields, error) {
	document, err := i.document()
	if err != nil {
		return Fields{}, err
	}
	var v violations
	for name, value := range patch {
		switch {
		case string(value) == "null":
			delete(document, name)
		default:
			if _, known := document[name]; !known {
				v.add(name, "is not a field of an item")
			}
			document[name] = value
		}
	}
	unchanged(document, "id", i.ID, &v)
	unchanged(document, "version", i.Version, &v)
	fields := Fields{Name: readName(document, &v), Quantity: readQuantity(document, &v)}
	return fields, v.unprocessable()
}

func (i Item) document() (map[string]json.RawMessage, error) {
	encoded, err := json.Marshal(i)
	if err != nil {
		return nil, err
	}
	document := map[string]json.RawMessage{}
	return document, json.Unmarshal(encoded, &document)
}

// unchanged reports a member that only the service may change.
func unchanged(document map[string]json.RawMessage, name string, value int64, v *violations) {
	if number, err := decimal.JSONInt(string(document[name])); err != nil || number != value {
		v.add(name, "is given by the service and cannot be changed")
	}
}
