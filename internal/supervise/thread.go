package supervise

import "runtime"

// onThread calls start on an operating system thread that lives as long as
// this process: Linux sends the signal of a parent's death when the *thread*
// that started the child ends, and Go ends idle threads at will.
func (s *Supervisor) onThread(start func() error) error {
	s.startOnce.Do(func() {
		s.start = make(chan func())
		go func() {
			runtime.LockOSThread()
			for call := range s.start {
				call()
			}
		}()
	})
	result := make(chan error, 1)
	s.start <- func() { result <- start() }
	return <-result
}
