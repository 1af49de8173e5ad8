package connection

import (
	"net/http"
	"sync/atomic"

	"loadlab/loadgen/route"
)

// spoken are the protocols of a version of HTTP.
func spoken(version route.Version) *http.Protocols {
	p := &http.Protocols{}
	p.SetHTTP1(version != route.HTTP2)
	p.SetHTTP2(version != route.HTTP1)
	p.SetUnencryptedHTTP2(version == route.HTTP2)
	return p
}

// protocols counts responses by the protocol that they came with.
type protocols struct{ http10, http11, http2 atomic.Uint64 }

func (p *protocols) count(reply *http.Response) {
	switch {
	case reply.ProtoMajor == 2:
		p.http2.Add(1)
	case reply.ProtoAtLeast(1, 1):
		p.http11.Add(1)
	default:
		p.http10.Add(1)
	}
}

// Protocols is the number of responses by protocol so far, of the warm-up too.
func (t *Transport) Protocols() map[string]uint64 {
	all := map[string]uint64{}
	for name, n := range map[string]uint64{
		"HTTP/1.0": t.protocols.http10.Load(), "HTTP/1.1": t.protocols.http11.Load(), "HTTP/2": t.protocols.http2.Load(),
	} {
		if n > 0 {
			all[name] = n
		}
	}
	return all
}
