package affinity_test

import (
	"runtime"
	"slices"
	"testing"

	"loadlab/internal/affinity"
)

func TestPin(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux lets a program choose its cores")
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // the thread ends with this goroutine
		all, err := affinity.Cores()
		if err != nil || len(all) == 0 {
			t.Errorf("cores %v, %v", all, err)
			return
		}
		last := all[len(all)-1:]
		if err := affinity.Pin(last...); err != nil {
			t.Error(err)
		}
		if got, err := affinity.Cores(); err != nil || !slices.Equal(got, last) {
			t.Errorf("pinned to %v, may use %v, %v", last, got, err)
		}
		if err := affinity.Pin(all...); err != nil {
			t.Error(err)
		}
		if got, err := affinity.Cores(); err != nil || !slices.Equal(got, all) {
			t.Errorf("pinned to %v, may use %v, %v", all, got, err)
		}
		if err := affinity.Pin(); err == nil {
			t.Error("no core at all is accepted")
		}
	}()
	<-ended
}
