package catalog_test

import (
	"path/filepath"
	"strings"
	"testing"

	"loadlab/experiments/catalog"
)

// TestCatalogIsListed holds the embedded files and the order of the list together.
func TestCatalogIsListed(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all, err := catalog.List()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != len(files) || len(all) < 3 {
		t.Errorf("%d experiments are listed, there are %d files", len(all), len(files))
	}
	for _, d := range all {
		if text := d.Explain(); !strings.Contains(text, d.Question) {
			t.Errorf("explain %s: %q", d.Name, text)
		}
	}
}
