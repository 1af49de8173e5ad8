//go:build nosqlite

package items

import "database/sql/driver"

// The image is built with the tag nosqlite: next to a PostgreSQL server the
// embedded database would be a third of its size.

func openSQLite(string) (driver.Connector, error) {
	return nil, unusable("this build has PostgreSQL only")
}

func isPassingInFile(error) (passing, known bool) { return false, false }

func isLocked(error) bool { return false }

// isFullFile is false: there is no SQLite file.
func isFullFile(error) bool { return false }
