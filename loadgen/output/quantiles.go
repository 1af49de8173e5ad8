package output

// namedQuantile is a share of the requests with the name that tables use.
type namedQuantile struct {
	name  string
	share float64
}

// shownQuantiles are those of every table.
func shownQuantiles() []namedQuantile {
	return []namedQuantile{{"p50", .5}, {"p90", .9}, {"p99", .99}, {"p99.9", .999}}
}
