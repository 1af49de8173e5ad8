// Package result is what an experiment has measured, as it is kept in a file:
// docs/experiments.md describes its JSON form.
package result

import (
	"time"
)

// Described is a step in words.
type Described struct {
	Name string `json:"name"`
	What string `json:"what"`
}

// Schema is the version of the JSON form of a Result. docs/experiments.md describes it.
const Schema = 1

// Result is an experiment that was run.
type Result struct {
	Schema      int               `json:"schema"`
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Question    string            `json:"question"`
	Hypothesis  string            `json:"hypothesis"`
	Explanation string            `json:"explanation"`
	Started     time.Time         `json:"started"`
	Seconds     float64           `json:"seconds"`
	Machine     Machine           `json:"machine"`
	Services    map[string]string `json:"services"` // addresses by name
	// Settings are those with which services were started for the run, by process.
	Settings    map[string]map[string]string `json:"settings,omitempty"`
	Given       map[string]float64           `json:"given"`
	Quick       bool                         `json:"quick"`
	Command     string                       `json:"command"` // repeats the run
	Rounds      []Round                      `json:"rounds"`
	Figures     []Measured                   `json:"figures"`
	Evidence    []Evidence                   `json:"evidence"`
	Unmet       []string                     `json:"unmet_needs,omitempty"`
	Interrupted bool                         `json:"interrupted"`
	Verdict     Verdict                      `json:"verdict"`
	Reasons     []string                     `json:"reasons,omitempty"`
	Steps       []Described                  `json:"steps,omitempty"` // in their order
	Plot        *Drawing                     `json:"plot,omitempty"`
}

// Machine is where the generator ran.
type Machine struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Cores int    `json:"cores"`
	Go    string `json:"go"`
}

// Round is one pass over all steps.
type Round struct {
	Points map[string][]Point `json:"points"` // by name of the step, in the order of its loads
}
