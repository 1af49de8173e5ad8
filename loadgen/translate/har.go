package translate

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"loadlab/loadgen/target"
)

// archive is what a HAR file (HTTP Archive 1.2) says of requests.
type archive struct {
	Log struct {
		Entries []struct {
			Request struct {
				Method  string          `json:"method"`
				URL     string          `json:"url"`
				Headers []target.Header `json:"headers"`
				Post    *struct {
					Type     string `json:"mimeType"`
					Text     string `json:"text"`
					Encoding string `json:"encoding"`
					Params   []any  `json:"params"`
				} `json:"postData"`
			} `json:"request"`
		} `json:"entries"`
	} `json:"log"`
}

// HAR reads the targets of an HTTP archive, as browsers save it, in their order. Equal ones are one target with their number as its weight,
// unless each is wanted (as in a chain). Braces in it are text.
func HAR(content string, each bool) ([]target.Target, error) {
	var read archive
	if err := json.Unmarshal([]byte(strings.TrimPrefix(content, "\ufeff")), &read); err != nil {
		return nil, fmt.Errorf("not an HTTP archive: %w", err)
	}
	var all []target.Target
	var errs []error
	places := map[string]int{}
	for i := range read.Log.Entries {
		r := &read.Log.Entries[i].Request
		made := target.Target{Method: strings.ToUpper(r.Method), URL: withoutBraces(r.URL)}
		for _, h := range r.Headers {
			if !setByGenerator(h.Name) && h.Value != "" {
				made.Headers = append(made.Headers, h)
			}
		}
		var err error
		if r.Post != nil {
			made.Body = r.Post.Text
			if r.Post.Encoding != "" || r.Post.Text == "" && len(r.Post.Params) > 0 {
				err = errors.New("its body is not kept as text")
			}
		}
		if err == nil {
			made, err = target.New(made)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("entry %d: %w", i+1, err))
			continue
		}
		if made.NeedsCreated() || made.NeedsFill() {
			errs = append(errs, fmt.Errorf("entry %d: its text looks like a placeholder", i+1))
			continue
		}
		key := fmt.Sprintf("%q %q %q %q", made.Method, made.URL, made.Headers, made.Body)
		if at, known := places[key]; known && !each {
			all[at].Weight++
			continue
		}
		places[key] = len(all)
		all = append(all, made)
	}
	if len(read.Log.Entries) == 0 {
		errs = append(errs, errors.New("not an HTTP archive with entries"))
	}
	if len(all) > target.MaxTargets {
		errs = append(errs, fmt.Errorf("%d different requests, more than %d", len(all), target.MaxTargets))
	}
	return all, errors.Join(errs...)
}

// withoutBraces encodes the braces in a URL, which browsers do not.
func withoutBraces(address string) string {
	address, _, _ = strings.Cut(address, "#")
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(address)
}
