package integration

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"loadlab/internal/testkit"
)

func TestConditionalRequestsThroughTheGateway(t *testing.T) {
	testConditional(t, newContract(t))
}

func TestConditionalRequestsThroughTheGatewayOnPostgres(t *testing.T) {
	testConditional(t, newContractOn(t, testkit.StartPostgres(t).URL))
}

// testConditional sends each conditional header with each method of an item
// through the gateway. The whole table is tested in services/items.
func testConditional(t *testing.T, c *contract) {
	const longAgo, farOff = "Mon, 01 Jan 2001 00:00:00 GMT", "Tue, 01 Jan 2199 00:00:00 GMT"
	for _, row := range []struct {
		header, value string
		read, write   int // 0 is success
	}{
		{"If-Match", `"7", "1"`, 0, 0},
		{"If-Match", `*`, 0, 0},
		{"If-Match", `W/"1"`, 412, 412},
		{"If-Match", `1`, 400, 400},
		{"If-None-Match", `"7"`, 0, 0},
		{"If-None-Match", `"7", W/"1"`, 304, 412},
		{"If-None-Match", `*`, 304, 412},
		{"If-None-Match", `*, *`, 400, 400},
		{"If-Unmodified-Since", farOff, 0, 0},
		{"If-Unmodified-Since", longAgo, 412, 412},
		{"If-Modified-Since", farOff, 304, 0},
		{"If-Modified-Since", longAgo, 0, 0},
	} {
		for _, method := range []struct {
			name, media, body string
			success           int
		}{
			{"GET", "", "", http.StatusOK},
			{"HEAD", "", "", http.StatusOK},
			{"PUT", "application/json", `{"name":"nut","quantity":1}`, http.StatusOK},
			{"PATCH", "application/merge-patch+json", `{"name":"nut"}`, http.StatusOK},
			{"DELETE", "", "", http.StatusNoContent},
		} {
			header, _ := c.try(http.StatusCreated, http.MethodPost, "/items", `{"name":"bolt","quantity":1}`)
			want := row.write
			if method.body == "" && method.name != http.MethodDelete {
				want = row.read
			}
			if want == 0 {
				want = method.success
			}
			headers := []string{row.header, row.value}
			if method.media != "" {
				headers = append(headers, "Content-Type", method.media)
			}
			reply, _ := c.try(want, method.name, header.Get("Location"), method.body, headers...)
			if want == http.StatusNotModified && (reply.Get("ETag") != `"1"` || reply.Get("Cache-Control") != "no-cache") {
				t.Errorf("304 with the headers %v", reply)
			}
		}
	}
}

// TestOneOfTwoWritersWins has two clients change one version through the gateway, each with If-Match.
func TestOneOfTwoWritersWins(t *testing.T) { testTwoWriters(t, newContract(t)) }

func TestOneOfTwoWritersWinsOnPostgres(t *testing.T) {
	testTwoWriters(t, newContractOn(t, testkit.StartPostgres(t).URL))
}

func testTwoWriters(t *testing.T, c *contract) {
	header, _ := c.try(http.StatusCreated, http.MethodPost, "/items", `{"name":"bolt","quantity":0}`)
	target := header.Get("Location")
	for round := 1; round <= 20; round++ {
		tag := strconv.Quote(strconv.Itoa(round))
		statuses := make(chan int, 2)
		for writer := range cap(statuses) {
			body := `{"name":"bolt","quantity":` + strconv.Itoa(10*round+writer) + `}`
			request := c.request(http.MethodPut, target, body, "If-Match", tag)
			go func() {
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Error(err)
					statuses <- 0
					return
				}
				_ = response.Body.Close()
				statuses <- response.StatusCode
			}()
		}
		if one, other := <-statuses, <-statuses; min(one, other) != http.StatusOK || max(one, other) != http.StatusPreconditionFailed {
			t.Fatalf("round %d: the writers were answered %d and %d, want 200 and 412", round, one, other)
		}
	}
	_, text := c.try(http.StatusOK, http.MethodGet, target, "")
	var item struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &item); err != nil || item.Version != 21 {
		t.Errorf("after 20 rounds the item is %s", text)
	}
}
