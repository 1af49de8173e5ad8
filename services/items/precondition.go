package items

import (
	"errors"
	"net/http"
	"time"

	"loadlab/internal/web/problem"
)

// validators are what preconditions are compared with.
type validators struct {
	tag      string    // empty if the resource has no entity tag
	modified time.Time // zero if it has no modification date
}

// validators returns what the preconditions of a request for the item are compared with.
func (i Item) validators() validators {
	v := validators{tag: etag(i.Version)}
	if i.modified > 0 {
		v.modified = time.Unix(i.modified, 0)
	}
	return v
}

// preconditions are the conditional headers of one request.
type preconditions struct {
	read             bool // the method is GET or HEAD
	match, noneMatch entityTags
	unmodifiedSince  time.Time // zero if not given
	modifiedSince    time.Time // zero if not given
}

// errNotModified is the outcome of a conditional GET whose client has the current version.
var errNotModified = errors.New("not modified")

// readPreconditions reads the headers of RFC 9110, section 13.1. A list of
// entity tags that cannot be read is reported in v; a date that cannot be read
// is ignored, as sections 13.1.3 and 13.1.4 demand.
func readPreconditions(r *http.Request, v *violations) preconditions {
	return preconditions{
		read:            r.Method == http.MethodGet || r.Method == http.MethodHead,
		match:           readEntityTags(r.Header, "If-Match", v),
		noneMatch:       readEntityTags(r.Header, "If-None-Match", v),
		unmodifiedSince: readDate(r.Header, "If-Unmodified-Since"),
		modifiedSince:   readDate(r.Header, "If-Modified-Since"),
	}
}

func readEntityTags(header http.Header, name string, v *violations) entityTags {
	tags, ok := parseEntityTags(header.Values(name))
	if !ok {
		v.add(name, `must be * or a list of entity tags such as "1", W/"2"`)
	}
	return tags
}

func readDate(header http.Header, name string) time.Time {
	values := header.Values(name)
	if len(values) != 1 {
		return time.Time{}
	}
	date, err := http.ParseTime(values[0])
	if err != nil {
		return time.Time{}
	}
	return date
}

// given reports whether the outcome depends on the current version of the resource.
func (p preconditions) given() bool {
	return p.match.given || p.noneMatch.given || !p.unmodifiedSince.IsZero()
}

// evaluate follows the order of RFC 9110, section 13.2.2. It returns nil if the
// request is to be carried out, errNotModified for 304, and otherwise a problem
// with the status 412. Only a resource that exists is evaluated: for another
// one the answer is 404 without looking at the preconditions (section 13.2.1).
func (p preconditions) evaluate(current validators) error {
	switch {
	case p.match.given:
		if !p.match.matchStrongly(current.tag) {
			return preconditionFailed("If-Match", current)
		}
	case p.unmodifiedSince.IsZero() || current.modified.IsZero():
	case current.modified.After(p.unmodifiedSince):
		return preconditionFailed("If-Unmodified-Since", current)
	}
	switch {
	case p.noneMatch.given:
		if p.noneMatch.matchWeakly(current.tag) {
			if p.read {
				return errNotModified
			}
			return preconditionFailed("If-None-Match", current)
		}
	case !p.read || p.modifiedSince.IsZero() || current.modified.IsZero():
	case !current.modified.After(p.modifiedSince):
		return errNotModified
	}
	return nil
}

func preconditionFailed(header string, current validators) error {
	state := "the resource has no entity tag"
	if current.tag != "" {
		state = "the entity tag is now " + current.tag
	}
	return problem.New(http.StatusPreconditionFailed, header+" does not hold: "+state)
}
