package iobound

import (
	"net/http"

	"loadlab/internal/web"
)

func routes(s *web.Server, dir string, loop *web.EventLoop, self string, client *http.Client) {
	s.Work("/io/wait", wait(loop))
	s.Work("/io/disk", disk(dir))
	s.Work("/io/call", call(self, client))
}
