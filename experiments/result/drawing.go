package result

// Drawing is a plot as a result keeps it.
type Drawing struct {
	Step   string   `json:"step"`
	X      string   `json:"x"` // labels of the axes, with units
	Y      string   `json:"y"`
	Points []Dot    `json:"points"`
	Theory []Vertex `json:"theory,omitempty"` // a line; empty if there is none
}

// Dot is a load, measured in every round.
type Dot struct {
	X    Number `json:"x"`
	Y    Number `json:"y"`   // mean over the rounds
	Low  Number `json:"low"` // of the 95 % interval; equals Y with one round
	High Number `json:"high"`
}

// Vertex is a corner of the theory line.
type Vertex struct {
	X Number `json:"x"`
	Y Number `json:"y"`
}
