package items

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"loadlab/internal/web/problem"
)

// etag is the entity tag of a version of an item.
func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// maxTags bounds a list of entity tags.
const maxTags = 16

// condition is what If-Match or If-None-Match asks for (RFC 9110, section 13.1).
type condition struct {
	given    bool
	any      bool    // "*"
	versions []int64 // of the tags that can be ours
}

// readCondition reads a header. Weak tags count where the comparison may be weak.
// A tag that we never gave matches nothing; what is no list of tags is reported.
func readCondition(header http.Header, name string, weak bool, v *violations) condition {
	text := strings.TrimSpace(strings.Join(header.Values(name), ","))
	if text == "" {
		return condition{}
	}
	if text == "*" {
		return condition{given: true, any: true}
	}
	found := condition{given: true}
	tags := strings.Split(text, ",") // our tags hold no comma, and others match nothing
	if len(tags) > maxTags {
		v.add(name, "must have at most "+strconv.Itoa(maxTags)+" entity tags")
		return found
	}
	for _, tag := range tags {
		tag, isWeak := strings.CutPrefix(strings.TrimSpace(tag), "W/")
		if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
			v.add(name, `must be * or a list of entity tags such as "1"`)
			return found
		}
		version, err := strconv.ParseInt(tag[1:len(tag)-1], 10, 64)
		if err == nil && etag(version) == tag && (weak || !isWeak) {
			found.versions = append(found.versions, version)
		}
	}
	return found
}

// holds reports whether a version is one of those asked for.
func (c condition) holds(version int64) bool {
	return c.any || slices.Contains(c.versions, version)
}

// unconditional reports whether any version that exists will do.
func (c condition) unconditional() bool { return !c.given || c.any }

func preconditionFailed() error {
	return problem.New(http.StatusPreconditionFailed, "the item is not in a version that If-Match names")
}
