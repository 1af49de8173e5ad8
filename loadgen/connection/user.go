package connection

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"loadlab/loadgen/cause"
	"loadlab/loadgen/record"
	"loadlab/loadgen/responsecheck"
	"loadlab/loadgen/target"
)

// A User is a virtual one: what the requests of one chain have in common. One of them is under way at a time.
type User struct {
	Vars      map[string]string // that responses have given
	InHeaders map[string]bool   // the variables that a header takes
	Row       target.Row        // of the data
	Jar       http.CookieJar    // nil if cookies are ignored
	Step      int               // of the request that is under way
	Warm      bool              // its first request was within the warm-up
}

// extract takes what the target's rules ask for out of a response that is a success.
func (u *User) extract(r *Response, t *target.Target, seen *responsecheck.Response) {
	for _, rule := range t.Extract {
		value, err := rule.Find(seen)
		if err == nil && u.InHeaders[rule.Name()] && strings.ContainsFunc(value, unicode.IsControl) {
			err = errors.New("the value has a control character, and is for a header")
		}
		if err != nil {
			r.Outcome, r.Cause = record.CheckFailed, cause.OfExtract(rule.String(), fmt.Errorf("status %d: %w", r.Status, err))
			return
		}
		u.Vars[rule.Name()] = value
	}
}
