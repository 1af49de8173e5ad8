package iobound

import (
	"loadlab/internal/outbound"
	"loadlab/internal/web"
)

func routes(s *web.Server, dir string, loop *web.EventLoop, self *outbound.Client) {
	s.ServeDocument()
	s.Work("/io/wait", wait(loop))
	s.Work("/io/disk", disk(dir))
	s.Work("/io/call", call(self))
}
