// Package decimal reads values that users write, in plain decimal notation.
//
// Package strconv reads the literals of Go: 0x10, 1_000, 1e3, +5, Inf, T. In a
// parameter, a header or a variable these are mistakes, or mean something else
// to the next program.
package decimal

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

var (
	errSyntax = errors.New("not in plain decimal notation")
	errRange  = errors.New("out of range")
)

// Int reads digits, with a minus sign before them if the number is negative.
func Int(text string) (int64, error) {
	if !isDigits(strings.TrimPrefix(text, "-")) {
		return 0, errSyntax
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errRange // the digits have been checked
	}
	return value, nil
}

// Float reads an integer as Int does, or one with a point and more digits. Its
// result is finite.
func Float(text string) (float64, error) {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if !isDigits(whole) || point && !isDigits(fraction) {
		return 0, errSyntax
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, errRange
	}
	return value, nil
}

// Scientific reads a number as Float does, perhaps with an exponent, as in 1e6. It
// is for expressions, where bounds of many digits are usual.
func Scientific(text string) (float64, error) {
	mantissa, exponent, given := strings.Cut(text, "e")
	if _, err := Int(exponent); given && err != nil {
		return 0, errSyntax
	}
	if _, err := Float(mantissa); err != nil {
		return 0, err
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, errRange
	}
	return value, nil
}

// Bool reads true or false.
func Bool(text string) (bool, error) {
	if text != "true" && text != "false" {
		return false, errors.New("neither true nor false")
	}
	return text == "true", nil
}

// Duration reads numbers as Float does, each with its unit (h, m, s, ms, us or
// ns), as in 1m30s, or a bare 0.
func Duration(text string) (time.Duration, error) {
	for i, c := range []byte(text) {
		point := c == '.' && (i == 0 || !isDigit(text[i-1]) || i+1 == len(text) || !isDigit(text[i+1]))
		if c == '+' || point {
			return 0, errSyntax
		}
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("not a duration with its unit, such as 250ms or 1m30s")
	}
	return value, nil
}

// JSONInt reads a number in JSON's notation (RFC 8259) whose value is whole: 5,
// 5.0 and 50e-1 are one number, and no digit is rounded away.
func JSONInt(number string) (int64, error) {
	if value, err := strconv.ParseInt(number, 10, 64); err == nil {
		return value, nil
	}
	mantissa, exponent := number, "0"
	if at := strings.IndexAny(number, "eE"); at >= 0 {
		mantissa, exponent = number[:at], number[at+1:]
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return 0, nil
	}
	shift, err := strconv.Atoi(exponent)
	if err != nil || shift > math.MaxInt16 || shift < -len(number) {
		return 0, errRange
	}
	significant := strings.TrimRight(digits, "0")
	shift += len(digits) - len(significant) - len(fraction)
	if shift < 0 || shift+len(significant) > 19 { // an int64 has 19 digits
		return 0, errRange
	}
	text := significant + strings.Repeat("0", shift)
	if mantissa[0] == '-' {
		text = "-" + text
	}
	return Int(text)
}

func isDigits(text string) bool {
	for _, c := range []byte(text) {
		if !isDigit(c) {
			return false
		}
	}
	return text != ""
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
