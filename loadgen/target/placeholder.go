package target

import (
	"fmt"
	"strings"

	"loadlab/internal/decimal"
)

type kind uint8

const (
	literal kind = iota
	seq
	random
	created
	datum          // of the row
	variable       // of the virtual user
	uuid           // of version 4
	now            // in RFC 3339, UTC
	unix           // in seconds
	unixMilli      // in milliseconds
	integer        // at random
	hexDigits      // at random
	letters        // at random
	choice         // one of texts, at random
	kinds      int = iota
	knownNames     = "{seq}, {random}, {created}, {uuid}, {now}, {unix}, {unix_ms}, {int:1:6}, {hex:8}, {letters:8}, {choice:a|b}, {data.COLUMN}, {var.NAME}"
)

// maxRandomText bounds a text of random characters.
const maxRandomText = 1024

// plainKinds are the placeholders without arguments.
var plainKinds = map[string]kind{
	"seq": seq, "random": random, "created": created, "uuid": uuid, "now": now, "unix": unix, "unix_ms": unixMilli,
}

// parsePlaceholder reads what is between two braces. It is unknown if it does not look like a placeholder, and
// an error if it looks like one that cannot be filled.
func parsePlaceholder(text string) (p part, known bool, err error) {
	if k, plain := plainKinds[text]; plain {
		return part{kind: k}, true, nil
	}
	for prefix, k := range map[string]kind{"data.": datum, "var.": variable} {
		if name, ok := strings.CutPrefix(text, prefix); ok {
			if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' }) {
				return p, true, fmt.Errorf("placeholder {%s} has no name", text)
			}
			return part{kind: k, text: name}, true, nil
		}
	}
	name, arguments, ok := strings.Cut(text, ":")
	if !ok {
		return p, false, nil
	}
	switch name {
	case "int":
		p, err = parseInteger(arguments)
	case "hex":
		p, err = parseRandomText(hexDigits, arguments)
	case "letters":
		p, err = parseRandomText(letters, arguments)
	case "choice":
		p = part{kind: choice, options: strings.Split(arguments, "|")}
	default:
		return p, false, nil
	}
	if err != nil {
		err = fmt.Errorf("placeholder {%s}: %w", text, err)
	}
	return p, true, err
}

func parseInteger(arguments string) (part, error) {
	from, to, _ := strings.Cut(arguments, ":")
	low, err := decimal.Int(from)
	if err != nil {
		return part{}, fmt.Errorf("%q is no whole number; write {int:lowest:highest}", from)
	}
	high, err := decimal.Int(to)
	if err != nil {
		return part{}, fmt.Errorf("%q is no whole number; write {int:lowest:highest}", to)
	}
	if high < low {
		return part{}, fmt.Errorf("%d is below %d", high, low)
	}
	return part{kind: integer, low: low, span: uint64(high) - uint64(low)}, nil
}

func parseRandomText(k kind, arguments string) (part, error) {
	n, err := decimal.Int(arguments)
	if err != nil || n < 1 || n > maxRandomText {
		return part{}, fmt.Errorf("%q is not 1 to %d", arguments, maxRandomText)
	}
	return part{kind: k, span: uint64(n)}, nil
}
