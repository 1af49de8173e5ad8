package console

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"loadlab/grafana"
)

// runtimesTime bounds the question whether the tutorial's servers run: the page waits for it.
const runtimesTime = time.Second

// runtimesScraped returns a function that reports whether the Prometheus at base
// scrapes any of the tutorial's servers. It is false if Prometheus does not answer.
func runtimesScraped(base string) func(context.Context) bool {
	return func(ctx context.Context) bool {
		ctx, cancel := context.WithTimeout(ctx, runtimesTime)
		defer cancel()
		query := strings.TrimSuffix(base, "/") + "/api/v1/query?query=" + url.QueryEscape(grafana.RuntimesUp)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, query, http.NoBody)
		if err != nil {
			return false
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		var answer struct {
			Data struct {
				Result []json.RawMessage `json:"result"`
			} `json:"data"`
		}
		err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
		return err == nil && len(answer.Data.Result) > 0
	}
}
