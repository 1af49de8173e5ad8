package connection

import "sync/atomic"

// pending says whether a response is due. The goroutine that sends raises it before it writes. The one
// that reads lowers it before it reports the response, since the next request may be sent from then on.
type pending struct {
	state atomic.Uint32
}

const (
	nothing uint32 = iota
	response
	headResponse // without a body
)

func (p *pending) raise(head bool) {
	if head {
		p.state.Store(headResponse)
	} else {
		p.state.Store(response)
	}
}

func (p *pending) lower() { p.state.Store(nothing) }

// due reports whether a response is due, with whether that is to a HEAD request.
func (p *pending) due() (due, head bool) {
	state := p.state.Load()
	return state != nothing, state == headResponse
}
