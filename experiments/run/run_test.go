package run

import (
	"strings"
	"testing"

	"loadlab/experiments/definition"
)

func TestUnknownConstantIsRefused(t *testing.T) {
	_, err := with(&definition.Definition{Given: map[string]float64{"cores": 1}}, Options{Given: map[string]float64{"cors": 2}})
	if err == nil || !strings.Contains(err.Error(), `no constant "cors"; it has cores`) {
		t.Errorf("error %v", err)
	}
}
