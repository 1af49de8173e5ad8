package items

import (
	"slices"
	"strconv"
	"strings"
)

// etag is the entity tag of a version of an item. It is a strong one: every
// change of an item gives it another version.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// entityTags is the value of If-Match or If-None-Match: "*" or a list (RFC 9110, sections 13.1.1 and 13.1.2).
type entityTags struct {
	given bool
	any   bool
	list  []string // as received: a weak tag begins with W/
}

// parseEntityTags reads all lines of a header. It reports false for what is neither "*" nor a list of tags.
func parseEntityTags(lines []string) (tags entityTags, ok bool) {
	if len(lines) == 0 {
		return entityTags{}, true
	}
	tags.given = true
	rest := strings.Trim(strings.Join(lines, ","), " \t")
	if rest == "*" {
		tags.any = true
		return tags, true
	}
	for {
		rest = strings.TrimLeft(rest, ", \t") // empty elements of a list do not count (section 5.6.1.2)
		if rest == "" {
			return tags, true
		}
		end := entityTagEnd(rest)
		if end < 0 {
			return tags, false
		}
		tags.list = append(tags.list, rest[:end])
		rest = strings.TrimLeft(rest[end:], " \t")
		if rest != "" && rest[0] != ',' {
			return tags, false
		}
	}
}

// entityTagEnd returns the length of the entity tag that text begins with, or
// -1. A tag may contain commas, but no space and no quote.
func entityTagEnd(text string) int {
	opaque, _ := strings.CutPrefix(text, "W/")
	if !strings.HasPrefix(opaque, `"`) {
		return -1
	}
	for i := 1; i < len(opaque); i++ {
		switch c := opaque[i]; {
		case c == '"':
			return len(text) - len(opaque) + i + 1
		case c <= ' ' || c == 0x7f:
			return -1
		}
	}
	return -1
}

// matchStrongly compares as If-Match demands: a weak tag matches nothing.
// Current is empty for a resource that has no entity tag, which only "*" matches.
func (e entityTags) matchStrongly(current string) bool {
	return e.any || slices.Contains(e.list, current)
}

// matchWeakly compares as If-None-Match demands: W/"1" matches "1".
func (e entityTags) matchWeakly(current string) bool {
	return e.any || slices.ContainsFunc(e.list, func(tag string) bool { return strings.TrimPrefix(tag, "W/") == current })
}
