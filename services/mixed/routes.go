package mixed

import "loadlab/internal/web"

func routes(s *web.Server, c *callees) {
	s.ServeDocument()
	s.Work("/mixed/sequence", sequence(c))
	s.Work("/mixed/parallel", parallel(c))
}
