package loadlab_test

import (
	"os"
	"slices"
	"testing"

	"loadlab/internal/app"
	"loadlab/services/cpubound"
	"loadlab/services/gateway"
	"loadlab/services/iobound"
	"loadlab/services/items"
	"loadlab/services/mixed"
)

// builders is the one list of services; the tests below hold everything else to it.
func builders() []app.Builder {
	return []app.Builder{gateway.Builder(), iobound.Builder(), cpubound.Builder(), mixed.Builder(), items.Builder()}
}

func TestEveryServiceHasItsFolderItsCommandAndItsOwnPort(t *testing.T) {
	var names []string
	ports := map[int]string{}
	for _, builder := range builders() {
		names = append(names, builder.Name)
		if other := ports[builder.Port]; other != "" {
			t.Errorf("%s and %s have the same port %d", builder.Name, other, builder.Port)
		}
		ports[builder.Port] = builder.Name
		if _, err := os.Stat("cmd/" + builder.Name + "/main.go"); err != nil {
			t.Error(err)
		}
	}
	slices.Sort(names)
	folders, err := os.ReadDir("services")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, folder := range folders {
		found = append(found, folder.Name())
	}
	if !slices.Equal(names, found) {
		t.Errorf("the builders are %v, the folders below services %v", names, found)
	}
}
