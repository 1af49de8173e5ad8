package result

// Part is a part of the response time.
type Part struct {
	Name string
	Of   func(*Point) float64 // seconds
}

// Parts are those of the generator, in the order of a bar. Their colours are
// those of the dashboards.
func Parts() []Part {
	return []Part{
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

// PartNames are the names of Parts.
func PartNames() []string {
	var names []string
	for _, part := range Parts() {
		names = append(names, part.Name)
	}
	return names
}
