//go:build !linux || (!amd64 && !arm64 && !ppc64le && !riscv64 && !s390x)

package arrival

import (
	"errors"
	"syscall"
)

type receiver struct{}

func (*receiver) open() {}

func (*receiver) receive(syscall.RawConn, []byte) (n int, at int64, err error) {
	return 0, 0, errors.ErrUnsupported
}

func enable(syscall.RawConn) error { return errors.ErrUnsupported }
