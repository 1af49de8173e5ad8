package items

import "github.com/labstack/echo/v4"

func routes(e *echo.Echo, db *Database) {
	e.POST("/items", create(db))
	e.GET("/items", list(db))
	e.GET("/items/:id", read(db))
	e.PUT("/items/:id", replace(db))
	e.DELETE("/items/:id", remove(db))
}
