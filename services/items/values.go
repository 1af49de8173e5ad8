package items

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// registerValues tells the driver the PostgreSQL types of the values that
// statements are given, which are those of database/sql and int. It needs them
// in the modes that prepare no statement, and does not know them in a build with
// the tag nopgxregisterdefaulttypes, such as the image.
func registerValues(_ context.Context, conn *pgx.Conn) error {
	types := conn.TypeMap()
	types.RegisterDefaultPgType(0, "int8")
	types.RegisterDefaultPgType(int64(0), "int8")
	types.RegisterDefaultPgType(float64(0), "float8")
	types.RegisterDefaultPgType(false, "bool")
	types.RegisterDefaultPgType([]byte(nil), "bytea")
	types.RegisterDefaultPgType("", "text")
	types.RegisterDefaultPgType(time.Time{}, "timestamptz")
	return nil
}
