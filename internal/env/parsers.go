package env

import (
	"errors"
	"reflect"

	caarlos "github.com/caarlos0/env/v11"

	"loadlab/internal/decimal"
)

// parsers replace those of caarlos0/env that read literals of Go, such as 1e3, +5 and T.
// Its parsers of unsigned integers take digits only.
func parsers() map[reflect.Type]caarlos.ParserFunc {
	return map[reflect.Type]caarlos.ParserFunc{
		reflect.TypeFor[bool]():    func(text string) (any, error) { return decimal.Bool(text) },
		reflect.TypeFor[float64](): func(text string) (any, error) { return decimal.Float(text) },
		reflect.TypeFor[int]():     integer[int],
		reflect.TypeFor[int32]():   integer[int32],
		reflect.TypeFor[int64]():   integer[int64],
		durationType:               func(text string) (any, error) { return decimal.Duration(text) },
	}
}

func integer[T int | int32 | int64](text string) (any, error) {
	value, err := decimal.Int(text)
	if err == nil && int64(T(value)) != value {
		err = errors.New("out of range")
	}
	return T(value), err
}
