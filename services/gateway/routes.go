package gateway

import "loadlab/internal/web"

// routes registers every route of the document: what is no group's is answered
// here, the rest is forwarded. The templates of the document are the route
// labels, so that their number is bounded.
func routes(s *web.Server, doc *document, upstreams []*upstream, budgets routeBudgets) {
	e := s.Echo()
	e.GET("/", index(s.Telemetry().Identity, doc))
	e.GET("/openapi.json", doc.serveJSON)
	e.GET("/openapi.yaml", doc.serveYAML)
	for _, u := range upstreams {
		for _, r := range doc.routes {
			if !u.group.has(r.Path) {
				continue
			}
			budget, own := budgets[r.Path]
			if !own {
				budget = u.group.budget
			}
			e.Match(r.Methods, r.template(), u.handle(r.template(), budget))
		}
	}
}
