package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// elsewhere are names of other load generators for what has another name here.
var elsewhere = map[string]string{
	"qps": "rate", "rps": "rate", "vus": "concurrency", "connections": "concurrency", "workers": "concurrency", "threads": "concurrency",
	"iterations": "requests", "number": "requests", "method": "methods", "output": "report", "max-time": "duration", "time": "duration",
}

// nearest is the name that was probably meant, empty if none is near: its beginning is enough, or at most
// two letters differ, and fewer in a short word.
func nearest(word string, names []string) string {
	word = strings.ToLower(word)
	if name := elsewhere[word]; slices.Contains(names, name) {
		return name
	}
	if at := slices.IndexFunc(names, func(name string) bool { return len(word) > 2 && strings.HasPrefix(name, word) }); at >= 0 {
		return names[at]
	}
	most := min(2, len(word)/2)
	best, distance := "", most+1
	for _, name := range names {
		if d := levenshtein.ComputeDistance(word, name); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// didYouMean is the hint that an error ends with.
func didYouMean(word, prefix string, names []string, otherwise string) string {
	name := nearest(word, names)
	return cmp.Or(map[bool]string{true: "did you mean " + prefix + name + "?"}[name != ""], otherwise)
}
