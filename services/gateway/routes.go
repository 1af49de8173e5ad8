package gateway

import (
	"loadlab/internal/web"
	"loadlab/internal/web/openapi"
	"loadlab/internal/web/semantics"
)

// routes registers every route of the document: what is no group's is answered
// here, the rest is forwarded. The templates of the document are the route
// labels, so that their number is bounded. Every method is forwarded, since the
// service alone knows all that it says about one it does not take, such as Accept-Patch.
func routes(s *web.Server, doc *openapi.Document, upstreams []*upstream, budgets routeBudgets) {
	s.ServeDocument()
	e := s.Echo()
	e.GET("/", index(s.Telemetry().Identity, doc))
	e.GET("/openapi.yaml", serveYAML())
	for _, u := range upstreams {
		for _, r := range doc.Routes {
			if !u.group.has(r.Path) {
				continue
			}
			budget, own := budgets[r.Path]
			if !own {
				budget = u.group.budget
			}
			e.Match(semantics.Methods(), r.Template(), u.handle(r.Template(), r.Takes("Idempotency-Key"), budget))
		}
	}
}
