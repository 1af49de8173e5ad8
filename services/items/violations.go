package items

import (
	"net/http"
	"net/url"
	"slices"

	"loadlab/internal/web/problem"
)

// violations collects everything that is wrong with a request.
type violations []problem.Violation

func (v *violations) add(parameter, detail string) {
	*v = append(*v, problem.Violation{Parameter: parameter, Detail: detail})
}

// problem returns nil, or the answer that names every parameter.
func (v violations) problem() error {
	if len(v) == 0 {
		return nil
	}
	return problem.InvalidParameters(v)
}

// unprocessable returns nil, or the answer 422 to a request that can be read and not carried out.
func (v violations) unprocessable() error {
	if len(v) == 0 {
		return nil
	}
	p := problem.InvalidParameters(v)
	p.Status, p.Title = http.StatusUnprocessableEntity, http.StatusText(http.StatusUnprocessableEntity)
	return p
}

// query returns the one value of each known parameter, and reports the others.
func (v *violations) query(r *http.Request, known ...string) map[string]string {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || len(values) > maxParameters {
		v.add("query", "cannot be read, or has more than 100 parameters")
		return nil
	}
	given := make(map[string]string, len(values))
	for name, all := range values {
		switch {
		case !slices.Contains(known, name):
			v.add(name, "is not a parameter of this route")
		case len(all) > 1:
			v.add(name, "is given more than once")
		default:
			given[name] = all[0]
		}
	}
	return given
}

// maxParameters bounds the list of those that are wrong.
const maxParameters = 100
