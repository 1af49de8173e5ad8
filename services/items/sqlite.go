//go:build !nosqlite

package items

import (
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// openSQLite returns the connector of the database file that source names.
func openSQLite(source string) (driver.Connector, error) {
	connector, err := sqlite.NewConnector(source)
	if err != nil {
		return nil, unusable("not the path of a SQLite file")
	}
	return connector, nil
}

// isPassingInFile distinguishes a file that is full or locked from a bug; known
// is false for any other database's error.
func isPassingInFile(err error) (passing, known bool) {
	file, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false, false
	}
	primary := file.Code() & 0xff // without its extension
	return isLocked(err) || primary == sqlite3.SQLITE_FULL || primary == sqlite3.SQLITE_IOERR, true
}

// isFullFile reports whether there was no room for the SQLite file.
func isFullFile(err error) bool {
	file, ok := errors.AsType[*sqlite.Error](err)
	return ok && (file.Code()&0xff == sqlite3.SQLITE_FULL || file.Code() == sqlite3.SQLITE_IOERR_WRITE)
}

// isLocked reports whether another connection held the SQLite file for too long.
func isLocked(err error) bool {
	file, ok := errors.AsType[*sqlite.Error](err)
	return ok && (file.Code()&0xff == sqlite3.SQLITE_BUSY || file.Code()&0xff == sqlite3.SQLITE_LOCKED)
}
