package decimal

import (
	"flag"
	"strings"
	"time"
)

// Flags has the numbers and durations among flags be read in plain decimal
// notation. It is called after the last of them is defined.
func Flags(flags *flag.FlagSet) {
	flags.VisitAll(func(f *flag.Flag) {
		getter, ok := f.Value.(flag.Getter)
		if !ok {
			return
		}
		switch getter.Get().(type) {
		case int, uint64:
			f.Value = checked{f.Value, whole}
		case float64:
			f.Value = checked{f.Value, func(text string) (string, error) { _, err := Float(text); return text, err }}
		case time.Duration:
			f.Value = checked{f.Value, func(text string) (string, error) { _, err := Duration(text); return text, err }}
		}
	})
}

// whole returns an integer without the leading zero that makes it octal in Go.
func whole(text string) (string, error) {
	digits, negative := strings.CutPrefix(text, "-")
	if !isDigits(digits) {
		return "", errSyntax
	}
	digits = strings.TrimLeft(digits[:len(digits)-1], "0") + digits[len(digits)-1:]
	if negative {
		return "-" + digits, nil
	}
	return digits, nil
}

// checked is a flag whose notation is checked before its own parser sees it.
type checked struct {
	flag.Value
	plain func(string) (string, error)
}

// Set implements flag.Value.
func (c checked) Set(text string) error {
	text, err := c.plain(text)
	if err != nil {
		return err
	}
	return c.Value.Set(text)
}

// String implements flag.Value, whose zero value package flag asks, too.
func (c checked) String() string {
	if c.Value == nil {
		return ""
	}
	return c.Value.String()
}
