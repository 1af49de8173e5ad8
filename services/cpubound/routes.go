package cpubound

import "loadlab/internal/web"

func routes(s *web.Server, loop *web.EventLoop) {
	s.ServeDocument()
	s.Work("/cpu/spin", spin(loop))
	s.Work("/cpu/hash", hash)
	s.Work("/cpu/primes", primes)
	s.Work("/cpu/matrix", matrix)
	s.Work("/cpu/sort", sorting)
	s.Work("/cpu/json", encoding)
	s.Work("/cpu/gzip", compression)
}
