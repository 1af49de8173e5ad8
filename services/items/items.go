// Package items is the service whose requests use a SQL database: a collection of named quantities.
package items

import (
	"loadlab/internal/telemetry"
	"loadlab/internal/web"
)

// New wires the service on an open database.
func New(cfg web.Config, tel *telemetry.Telemetry, db *Database) *web.Server {
	server := web.New(cfg, tel)
	routes(server, db)
	return server
}

// Item is one thing of the collection.
type Item struct {
	ID int64 `json:"id"` // given by the service, ascending, never used twice
	Fields
	Version int64 `json:"version"` // 1 when created, one more with each change

	modified int64 // seconds since 1970; 0 if unknown
}

// Fields are what a client says about an item.
type Fields struct {
	Name     string `json:"name"`
	Quantity int64  `json:"quantity"`
}

// Page is a part of the collection, ordered by id.
type Page struct {
	Items []Item `json:"items"`
	// NextCursor is the parameter cursor of the next page; absent from the last one.
	NextCursor string `json:"next_cursor,omitempty"`
}
