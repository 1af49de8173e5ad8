package cause

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
)

// limits are the ends of what the generator's process or machine has, by the errors of the system.
var limits = []struct {
	code   syscall.Errno
	text   string
	remedy func() string
}{
	{syscall.EMFILE, "the generator has no file descriptor left", sync.OnceValue(moreFiles)},
	{syscall.ENFILE, "the generator's machine has no file descriptor left", func() string { return "raise fs.file-max with sysctl, or use fewer connections" }},
	{syscall.EADDRNOTAVAIL, "the generator's machine has no local port or address left", morePorts},
	{syscall.EADDRINUSE, "the generator's machine has no local port or address left", morePorts},
	{syscall.ENOBUFS, "the generator's machine has no memory left for sockets", moreMemory},
	{syscall.ENOMEM, "the generator's machine has no memory left for sockets", moreMemory},
}

func moreFiles() string {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return "raise the limit with ulimit -n, or use fewer connections"
	}
	return fmt.Sprintf("raise the limit of %d with ulimit -n, or use fewer connections", limit.Cur)
}

func morePorts() string {
	return "keep connections open (LOADGEN_KEEPALIVE=true), use fewer of them, or widen net.ipv4.ip_local_port_range with sysctl; " +
		"an IPv6 target needs a machine with IPv6"
}

func moreMemory() string {
	return "give the machine or the container more memory, raise net.ipv4.tcp_mem with sysctl, or use fewer connections"
}

// own says which limit of the generator err is about, and what to do; both are empty if it is about none.
func own(err error) (text, remedy string) {
	var code syscall.Errno
	var dns *net.DNSError
	isCode, isDNS := errors.As(err, &code), errors.As(err, &dns)
	if !isCode && !isDNS {
		return "", ""
	}
	for _, limit := range limits {
		// The resolver keeps only the text of an error.
		if isCode && code == limit.code || isDNS && strings.HasSuffix(dns.Err, limit.code.Error()) {
			return limit.text, limit.remedy()
		}
	}
	return "", ""
}
