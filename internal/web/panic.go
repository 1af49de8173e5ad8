package web

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/labstack/echo/v4"
)

// panicError is a recovered panic.
type panicError struct {
	value any
	stack []byte
}

func newPanicError(value any) *panicError {
	return &panicError{value: value, stack: debug.Stack()}
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// safely turns a panic of next into an error with the stack of the panic, and
// net/http's own panic into the error that it is.
func safely(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		if aborted, ok := value.(error); ok && errors.Is(aborted, http.ErrAbortHandler) {
			err = http.ErrAbortHandler
			return
		}
		err = newPanicError(value)
	}()
	return next(c)
}
