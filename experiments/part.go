package experiments

// part is a part of the response time.
type part struct {
	name string
	of   func(*Point) float64 // seconds
}

// parts are those of the generator, in the order of a bar. Their colours are
// those of the dashboards.
func parts() []part {
	return []part{
		{"lag", func(p *Point) float64 { return p.Lag }},
		{"blocked", func(p *Point) float64 { return p.Blocked }},
		{"connect", func(p *Point) float64 { return p.Connect }},
		{"network", func(p *Point) float64 { return p.Network }},
		{"entry", func(p *Point) float64 { return p.Entry }},
		{"queue", func(p *Point) float64 { return p.Queue }},
		{"cpu", func(p *Point) float64 { return p.CPU }},
		{"wait", func(p *Point) float64 { return p.Wait }},
		{"unattributed", func(p *Point) float64 { return p.Unattributed }},
	}
}

func partNames() []string {
	var names []string
	for _, part := range parts() {
		names = append(names, part.name)
	}
	return names
}

// spent are the parts of which some point of the result has a hundredth of a millisecond.
func (r *Result) spent() []part {
	var some []part
	for _, part := range parts() {
		if r.has(part) {
			some = append(some, part)
		}
	}
	return some
}

func (r *Result) has(p part) bool {
	for _, round := range r.Rounds {
		for _, points := range round.Points {
			for i := range points {
				if p.of(&points[i]) >= 1e-5 {
					return true
				}
			}
		}
	}
	return false
}
