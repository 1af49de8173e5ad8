package web

// Close makes every reply from now on close its connection, so that clients
// which keep connections alive leave before the listener is shut.
func (s *Server) Close() { close(s.closing) }

// Closing returns a channel that Close closes.
func (s *Server) Closing() <-chan struct{} { return s.closing }

func (s *Server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}
