package result

import (
	"fmt"
	"math"

	"loadlab/experiments/confidence"
)

// Measured is a figure over all rounds, with its 95 % interval.
type Measured struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
	Mean Number `json:"mean"`
	Low  Number `json:"low"`
	High Number `json:"high"`
	// Rounds are the values of each.
	Rounds []Number `json:"rounds,omitempty"`
}

// MeasuredOf is the mean of the values, one a round, with its interval.
func MeasuredOf(values []float64) Measured {
	if len(values) == 0 {
		missing := Number(math.NaN())
		return Measured{Mean: missing, Low: missing, High: missing}
	}
	mean, low, high := confidence.Interval(values)
	m := Measured{Mean: Number(mean), Low: Number(low), High: Number(high)}
	for _, v := range values {
		m.Rounds = append(m.Rounds, Number(v))
	}
	return m
}

// String is a figure with its interval.
func (m Measured) String() string {
	if math.IsNaN(float64(m.Mean)) {
		return "-"
	}
	text := m.Mean.String()
	if m.Low != m.High {
		text += fmt.Sprintf(" (%s to %s)", m.Low, m.High)
	}
	return text
}
