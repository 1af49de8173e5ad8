package result

import (
	"math"
	"testing"
)

func TestNumbersHaveFourDigits(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1234567: "1234567", 12.3456: "12.35", -1234.5: "-1234", 0.00012345: "0.0001234", math.Inf(1): "+Inf"} {
		if got := Number(v).String(); got != want {
			t.Errorf("%g is written %s, want %s", v, got, want)
		}
	}
}
