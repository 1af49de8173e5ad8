package items_test

import (
	"net/http"
	"testing"
	"time"

	"loadlab/services/items"
)

// conditional is a row of the table of RFC 9110, section 13: the outcome of
// conditional headers for an item in version 1. Read is the status of GET and
// HEAD, write that of PUT, PATCH and DELETE; 0 means success.
type conditional struct {
	name        string
	headers     []string
	read, write int
}

// The dates are far from now, so that neither clocks nor the second that a
// modification date is rounded to matters.
var (
	longAgo = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat)
	farOff  = time.Date(2199, 1, 1, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat)
)

func conditionals() []conditional {
	return []conditional{
		{"If-Match, the current tag", []string{"If-Match", `"1"`}, 0, 0},
		{"If-Match, one of a list", []string{"If-Match", `"7", W/"3" ,"1"`}, 0, 0},
		{"If-Match, one of two lines", []string{"If-Match", `"7"`, "If-Match", `"1"`}, 0, 0},
		{"If-Match, empty elements", []string{"If-Match", `,"7",, "1" ,`}, 0, 0},
		{"If-Match, any", []string{"If-Match", `*`}, 0, 0},
		{"If-Match, another tag", []string{"If-Match", `"9"`}, 412, 412},
		{"If-Match, a weak tag", []string{"If-Match", `W/"1"`}, 412, 412},
		{"If-Match, a tag with a comma", []string{"If-Match", `"a,1"`}, 412, 412},
		{"If-Match, a tag of another server", []string{"If-Match", `"größe"`}, 412, 412},
		{"If-Match, an empty tag", []string{"If-Match", `""`}, 412, 412},
		{"If-Match, an empty list", []string{"If-Match", ``}, 412, 412},
		{"If-Match, many tags", many(`"2"`, 200, `"1"`), 0, 0},
		{"If-Match, no quotes", []string{"If-Match", `1`}, 400, 400},
		{"If-Match, a quote too few", []string{"If-Match", `"1`}, 400, 400},
		{"If-Match, a space in the tag", []string{"If-Match", `"1 2"`}, 400, 400},
		{"If-Match, w is no W", []string{"If-Match", `w/"1"`}, 400, 400},
		{"If-Match, no comma", []string{"If-Match", `"1" "2"`}, 400, 400},
		{"If-Match, any and a tag", []string{"If-Match", `*, "1"`}, 400, 400},

		{"If-None-Match, another tag", []string{"If-None-Match", `"9"`}, 0, 0},
		{"If-None-Match, the current tag", []string{"If-None-Match", `"1"`}, 304, 412},
		{"If-None-Match, a weak tag", []string{"If-None-Match", `W/"1"`}, 304, 412},
		{"If-None-Match, one of a list", []string{"If-None-Match", `"7", W/"1"`}, 304, 412},
		{"If-None-Match, one of two lines", []string{"If-None-Match", `"7"`, "If-None-Match", `"1"`}, 304, 412},
		{"If-None-Match, any", []string{"If-None-Match", `*`}, 304, 412},
		{"If-None-Match, an empty list", []string{"If-None-Match", ``}, 0, 0},
		{"If-None-Match, no quotes", []string{"If-None-Match", `1`}, 400, 400},
		{"If-None-Match, any twice", []string{"If-None-Match", `*`, "If-None-Match", `*`}, 400, 400},

		{"If-Unmodified-Since, unmodified", []string{"If-Unmodified-Since", farOff}, 0, 0},
		{"If-Unmodified-Since, modified", []string{"If-Unmodified-Since", longAgo}, 412, 412},
		{"If-Unmodified-Since, the form of RFC 850", []string{"If-Unmodified-Since", "Monday, 01-Jan-01 00:00:00 GMT"}, 412, 412},
		{"If-Unmodified-Since, the form of asctime", []string{"If-Unmodified-Since", "Mon Jan  1 00:00:00 2001"}, 412, 412},
		{"If-Unmodified-Since, no date", []string{"If-Unmodified-Since", "2001-01-01"}, 0, 0},
		{"If-Unmodified-Since, two dates", []string{"If-Unmodified-Since", longAgo, "If-Unmodified-Since", longAgo}, 0, 0},

		{"If-Modified-Since, unmodified", []string{"If-Modified-Since", farOff}, 304, 0},
		{"If-Modified-Since, modified", []string{"If-Modified-Since", longAgo}, 0, 0},
		{"If-Modified-Since, no date", []string{"If-Modified-Since", "tomorrow"}, 0, 0},

		// Section 13.2.2: the tags come before the dates, If-Match before If-None-Match.
		{"a tag that holds, a date that does not", []string{"If-Match", `"1"`, "If-Unmodified-Since", longAgo}, 0, 0},
		{"a tag that does not hold, a date that does", []string{"If-Match", `"9"`, "If-Unmodified-Since", farOff}, 412, 412},
		{"another tag, a date that says unmodified", []string{"If-None-Match", `"9"`, "If-Modified-Since", farOff}, 0, 0},
		{"the current tag, a date that says modified", []string{"If-None-Match", `"1"`, "If-Modified-Since", longAgo}, 304, 412},
		{"If-Match fails before If-None-Match", []string{"If-Match", `"9"`, "If-None-Match", `"1"`}, 412, 412},
		{"If-Match holds, If-None-Match does not", []string{"If-Match", `"1"`, "If-None-Match", `"1"`}, 304, 412},
		{"If-Unmodified-Since fails before If-None-Match", []string{"If-Unmodified-Since", longAgo, "If-None-Match", `"1"`}, 412, 412},
		{"If-Unmodified-Since holds, If-None-Match does not", []string{"If-Unmodified-Since", farOff, "If-None-Match", `"1"`}, 304, 412},
		{"If-Unmodified-Since and If-Modified-Since", []string{"If-Unmodified-Since", farOff, "If-Modified-Since", farOff}, 304, 0},

		{"If-Range and Range are ignored", []string{"If-Range", `"1"`, "Range", "bytes=0-1"}, 0, 0},
	}
}

// many returns one If-Match line with a tag that is repeated, and the last one.
func many(tag string, times int, last string) []string {
	line := ""
	for range times {
		line += tag + ", "
	}
	return []string{"If-Match", line + last}
}

func testPreconditions(t *testing.T, s *service) {
	for _, method := range []struct {
		name, body, media string
		success           int
		reads             bool
	}{
		{"GET", "", "", http.StatusOK, true},
		{"HEAD", "", "", http.StatusOK, true},
		{"PUT", `{"name":"nut","quantity":2}`, "application/json", http.StatusOK, false},
		{"PATCH", `{"name":"nut"}`, "application/merge-patch+json", http.StatusOK, false},
		{"DELETE", "", "", http.StatusNoContent, false},
	} {
		for _, row := range conditionals() {
			t.Run(method.name+" "+row.name, func(t *testing.T) {
				target := path(s.create("bolt"))
				want := row.write
				if method.reads {
					want = row.read
				}
				if want == 0 {
					want = method.success
				}
				headers := row.headers
				if method.body != "" {
					headers = append([]string{"Content-Type", method.media}, headers...)
				}
				reply := s.do(method.name, target, method.body, headers...)
				if reply.Code != want {
					t.Fatalf("status %d, want %d, body %s", reply.Code, want, reply.Body)
				}
				switch {
				case want == http.StatusNotModified:
					// Section 15.4.5: what 200 would have had, without the headers of a content.
					h := reply.Header()
					if h.Get("ETag") != `"1"` || h.Get("Cache-Control") != "no-cache" || h.Get("Content-Type") != "" ||
						h.Get("Last-Modified") != "" || reply.Body.Len() > 0 {
						t.Errorf("304 with the headers %v and the body %q", h, reply.Body)
					}
				case method.name == "HEAD":
					if reply.Body.Len() > 0 {
						t.Errorf("a reply to HEAD with the body %q", reply.Body)
					}
					if want == http.StatusOK && reply.Header().Get("ETag") != `"1"` {
						t.Errorf("200 with the headers %v", reply.Header())
					}
				case want >= http.StatusBadRequest:
					if got := decode[items.Item](t, s.do("GET", target, "")); got.Version != 1 || got.Name != "bolt" {
						t.Errorf("a failed precondition changed the item to %+v", got)
					}
				}
			})
		}
	}
}

// Section 13.2.1: preconditions do not matter where the answer would be no success without them.
func testPreconditionsOfNothing(t *testing.T, s *service) {
	target := path(s.create("bolt"))
	s.do("DELETE", target, "")
	for _, header := range [][]string{{"If-Match", "*"}, {"If-Match", `"1"`}, {"If-None-Match", "*"}, {"If-Unmodified-Since", longAgo}} {
		for method, body := range map[string]string{"GET": "", "PUT": `{"name":"nut","quantity":2}`, "DELETE": ""} {
			if reply := s.do(method, target, body, header...); reply.Code != http.StatusNotFound {
				t.Errorf("%s with %v: status %d, want 404", method, header, reply.Code)
			}
		}
	}
}

// The collection exists and has no entity tag.
func testPreconditionsOfTheCollection(t *testing.T, s *service) {
	for _, row := range []struct {
		header, value string
		get, post     int
	}{
		{"If-Match", `*`, 200, 201},
		{"If-Match", `"1"`, 412, 412},
		{"If-Match", `1`, 400, 400},
		{"If-None-Match", `*`, 304, 412},
		{"If-None-Match", `"1"`, 200, 201},
		{"If-None-Match", `1`, 400, 400},
		{"If-Unmodified-Since", longAgo, 200, 201},
		{"If-Modified-Since", farOff, 200, 201},
	} {
		if reply := s.do("GET", "/items?limit=1", "", row.header, row.value); reply.Code != row.get {
			t.Errorf("GET with %s: %s: status %d, want %d", row.header, row.value, reply.Code, row.get)
		}
		if reply := s.do("POST", "/items", `{"name":"bolt","quantity":1}`, row.header, row.value); reply.Code != row.post {
			t.Errorf("POST with %s: %s: status %d, want %d", row.header, row.value, reply.Code, row.post)
		}
	}
}

// An item's own validators, sent back, mean that the client has it.
func testOwnValidators(t *testing.T, s *service) {
	item := s.create("bolt")
	reply := s.do("GET", path(item), "")
	for _, pair := range [][2]string{{"If-None-Match", reply.Header().Get("ETag")}, {"If-Modified-Since", reply.Header().Get("Last-Modified")}} {
		if again := s.do("GET", path(item), "", pair[0], pair[1]); again.Code != http.StatusNotModified {
			t.Errorf("GET with %s: %s: status %d, want 304", pair[0], pair[1], again.Code)
		}
	}
	for _, pair := range [][2]string{{"If-Match", reply.Header().Get("ETag")}, {"If-Unmodified-Since", reply.Header().Get("Last-Modified")}} {
		if again := s.do("GET", path(item), "", pair[0], pair[1]); again.Code != http.StatusOK {
			t.Errorf("GET with %s: %s: status %d, want 200", pair[0], pair[1], again.Code)
		}
	}
	modified, err := http.ParseTime(reply.Header().Get("Last-Modified"))
	if err != nil || modified.After(time.Now()) || time.Since(modified) > time.Hour {
		t.Errorf("Last-Modified is %v, %v", modified, err)
	}
}
