package prom

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"loadlab/internal/testkit"
)

func TestFormsThatAreTheClientsFault(t *testing.T) {
	e, err := Open(testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	server := httptest.NewServer(e.Handler())
	defer server.Close()
	const head = "POST /api/v1/query HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	const chunked, query = head + "Transfer-Encoding: chunked\r\n", "7\r\nquery=1\r\n0\r\n\r\n"
	for _, row := range []struct {
		name, text string
		status     int
	}{
		{"a query", chunked + "\r\n" + query, 200},
		{"a chunk size that is none", chunked + "\r\nzz\r\n", 400},
		{"an escape that is none", head + "Content-Length: 9\r\n\r\nquery=%zz", 400},
		{"more than is allowed", chunked + "\r\n200000\r\nquery=" + strings.Repeat("1", 0x200000-len("query=")) + "\r\n0\r\n\r\n", 413},
		{"If-Match", chunked + "If-Match: \"1\"\r\n\r\n" + query, 412},
		{"If-None-Match", chunked + "If-None-Match: *\r\n\r\n" + query, 412},
		{"If-Match of what exists", chunked + "If-Match: *\r\n\r\n" + query, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			if reply, body := testkit.Raw(t, strings.TrimPrefix(server.URL, "http://"), row.text); reply.StatusCode != row.status {
				t.Errorf("%s, want %d: %s", reply.Status, row.status, body)
			}
		})
	}
}

func TestNumbersOfParametersArePlainDecimal(t *testing.T) {
	e, err := Open(testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, target := range []string{
		"query?query=1&time=0x10", "query?query=1&time=1_0", "query?query=1&time=1e1", "query?query=1&timeout=0x5", "query?query=1&limit=0x5",
		"query_range?query=1&start=1&end=2&step=0x1", "query_range?query=1&start=%2B1&end=2&step=1", "query_range?query=1&start=1&end=1e1&step=1",
		"series?match[]=up&limit=1_0", "labels?limit=%2B5", "label/job/values?start=Inf", "query_exemplars?query=a&start=1&end=0x2",
	} {
		reply := httptest.NewRecorder()
		e.Handler().ServeHTTP(reply, httptest.NewRequest(http.MethodGet, "/api/v1/"+target, http.NoBody))
		if reply.Code != http.StatusBadRequest {
			t.Errorf("%s: %d, %s", target, reply.Code, reply.Body)
		}
	}
}
