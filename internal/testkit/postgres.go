package testkit

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Postgres is a PostgreSQL server on loopback with an empty database.
type Postgres struct {
	URL string // of its database, with the password

	t          testing.TB
	bin        string
	data       string
	port       int
	credential *syscall.Credential // nil unless the tests run as root, which the server refuses
	server     *exec.Cmd           // nil while it is stopped
	output     Output
}

// PostgresPassword is the password in the URL, for tests that look for leaks of it.
const PostgresPassword = "kept-from-every-log"

// serverLimit bounds the start of a server, which may have to recover its data on a busy machine.
const serverLimit = 2 * time.Minute

// StartPostgres makes a database cluster in a folder of its own, starts it, and
// ends it with the test. Nothing is synced to the disk, since nothing is kept.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	p := &Postgres{t: t, bin: postgresFolder(t), credential: notRoot(t)}
	// The server's user cannot enter the folders that testing makes for root.
	home, err := os.MkdirTemp("", "loadlab-postgres-")
	if err != nil {
		t.Fatalf("make a folder for PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(home); err != nil {
			t.Errorf("remove the folder of PostgreSQL: %v", err)
		}
	})
	if p.credential != nil {
		if err := os.Chown(home, int(p.credential.Uid), int(p.credential.Gid)); err != nil {
			t.Fatalf("give the folder to PostgreSQL's user: %v", err)
		}
	}
	p.data = filepath.Join(home, "data")
	p.initialize(home)
	p.port = FreePort(t)
	p.URL = fmt.Sprintf("postgres://loadlab:%s@127.0.0.1:%d/postgres?sslmode=disable", PostgresPassword, p.port)
	t.Cleanup(p.Stop)
	p.Start()
	return p
}

func (p *Postgres) initialize(home string) {
	p.t.Helper()
	secret := filepath.Join(home, "password")
	if err := os.WriteFile(secret, []byte(PostgresPassword), 0o644); err != nil {
		p.t.Fatalf("write the password of PostgreSQL: %v", err)
	}
	initdb := p.command("initdb", "--pgdata="+p.data, "--username=loadlab", "--pwfile="+secret,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		p.t.Fatalf("initialize PostgreSQL: %v\n%s", err, out)
	}
}

// Address is the server's, host and port.
func (p *Postgres) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }

// Start runs the server and waits until it takes connections.
func (p *Postgres) Start() {
	p.t.Helper()
	p.server = p.command("postgres", "-D", p.data, "-p", strconv.Itoa(p.port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "shared_buffers=16MB")
	p.server.Stdout, p.server.Stderr = &p.output, &p.output
	if err := p.server.Start(); err != nil {
		p.server = nil
		p.t.Fatalf("start PostgreSQL: %v", err)
	}
	for deadline := time.Now().Add(serverLimit); ; time.Sleep(4 * pollEvery) {
		answer, err := p.command("pg_isready", "-h", "127.0.0.1", "-p", strconv.Itoa(p.port)).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("PostgreSQL takes no connections within %v: %v, %s\n%s", serverLimit, err, answer, tail(p.output.String()))
		}
	}
}

// Stop ends the server and all its connections at once, as "fast" shutdown
// does; Start runs it again with its data. It may be called twice.
func (p *Postgres) Stop() {
	if p.server == nil {
		return
	}
	if err := p.server.Process.Signal(os.Interrupt); err != nil {
		p.t.Errorf("stop PostgreSQL: %v", err)
	}
	killer := time.AfterFunc(stopLimit, func() { _ = p.server.Process.Kill() })
	defer killer.Stop()
	if err := p.server.Wait(); err != nil {
		p.t.Errorf("PostgreSQL ended with %v:\n%s", err, tail(p.output.String()))
	}
	p.server = nil
}

// Kill ends the server and all its processes by SIGKILL; Start runs it again,
// which recovers its data. Only Linux tells the processes.
func (p *Postgres) Kill() {
	p.t.Helper()
	pid := p.server.Process.Pid
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		p.t.Fatalf("find the processes of PostgreSQL: %v", err)
	}
	if err := p.server.Process.Kill(); err != nil {
		p.t.Fatalf("kill PostgreSQL: %v", err)
	}
	for _, field := range strings.Fields(string(children)) {
		if child, err := strconv.Atoi(field); err == nil {
			_ = syscall.Kill(child, syscall.SIGKILL) // it may have ended, since its parent has
		}
	}
	_ = p.server.Wait() // it says that it was killed
	p.server = nil
}

func (p *Postgres) command(name string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(p.bin, name), args...)
	command.Dir = filepath.Dir(p.data)
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	if p.credential != nil {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: p.credential}
	}
	return command
}

// postgresFolder finds the server's programs on the PATH, or where Debian's
// packages put them, and skips the test where there are none.
func postgresFolder(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		// A link to it says nothing of where the others are.
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is well-formed
	if len(found) == 0 {
		missing(t, "needs the programs of a PostgreSQL server: initdb is neither on the PATH nor below /usr/lib/postgresql")
	}
	return filepath.Dir(found[len(found)-1])
}

// notRoot returns the account that the server runs as, nil for the tests' own. The
// server refuses root, which an unprivileged account replaces.
func notRoot(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(account.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(account.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	missing(t, "PostgreSQL does not run as root, and there is no user postgres or nobody")
	return nil
}
