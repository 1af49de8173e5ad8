package items

import "loadlab/internal/web"

const itemRoute = "/items/:id"

func routes(s *web.Server, db *Database) {
	s.ServeDocument()
	e := s.Echo()
	e.Use(wholePath, advertisePatch)
	e.POST("/items", create(db))
	e.GET("/items", list(db))
	e.GET(itemRoute, read(db))
	e.PUT(itemRoute, replace(db))
	e.PATCH(itemRoute, patch(db))
	e.DELETE(itemRoute, remove(db))
}
