package env

import "strings"

// List splits a value at its commas. Blanks around an item, and items that are
// empty, such as the one behind a trailing comma, are dropped.
func List(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}
