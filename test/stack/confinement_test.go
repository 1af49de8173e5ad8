package stack

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// checkConfinement inspects the named containers while they run: what the engine
// says of them, and what the kernel says of their processes.
func checkConfinement(t *testing.T, c *composition, names []string) {
	var ids []string
	for _, name := range names {
		ids = append(ids, c.container(t, name))
	}
	for _, row := range []struct{ what, template, want string }{
		{"root file system read-only", "{{.HostConfig.ReadonlyRootfs}}", "true"},
		{"privileged", "{{.HostConfig.Privileged}}", "false"},
		{"capabilities dropped", "{{.HostConfig.CapDrop}}", "[ALL]"},
		{"none added", "{{len .HostConfig.CapAdd}}", "0"},
		{"no new privileges", "{{.HostConfig.SecurityOpt}}", "[no-new-privileges:true]"},
		{"devices of the machine", "{{len .HostConfig.Devices}}", "0"},
		{"namespaces of the machine", "{{.HostConfig.PidMode}}{{.HostConfig.UTSMode}}{{.HostConfig.UsernsMode}}", ""},
		{"memory of its own", "{{.HostConfig.IpcMode}}", "private"},
		{"network of the machine", `{{eq .HostConfig.NetworkMode "host"}}`, "false"},
		{"memory limited", "{{if gt .HostConfig.Memory 0}}yes{{end}}", "yes"},
		{"threads limited", "{{if .HostConfig.PidsLimit}}yes{{end}}", "yes"},
		{"CPU limited", "{{if .HostConfig.NanoCpus}}yes{{end}}", "yes"},
		{"health checked", "{{.State.Health.Status}}", "healthy"},
		{"restarted", "{{.HostConfig.RestartPolicy.Name}}", "unless-stopped"},
		{"ports on loopback", `{{range .HostConfig.PortBindings}}{{range .}}{{if ne .HostIp "127.0.0.1"}}{{.HostIp}} {{end}}{{end}}{{end}}`, ""},
	} {
		out, err := docker(c.root, nil, append([]string{"inspect", "--format", row.template}, ids...)...)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
			if got = strings.TrimSpace(got); got != row.want {
				t.Errorf("%s, %s: %q, not %q", names[i], row.what, got, row.want)
			}
		}
	}
	for _, name := range names {
		checkMounts(t, c, name)
		checkProcesses(t, c, name)
		checkSecrets(t, c, name)
		if slices.Contains(services(), name) || slices.Contains(runtimeNames(), name) {
			checkFiles(t, c, name)
		}
	}
}

// running are the services that have a running container.
func (c *composition) running(t *testing.T) []string {
	t.Helper()
	names := strings.Fields(c.run(t, "ps", "--services", "--filter", "status=running"))
	slices.Sort(names)
	return names
}

// checkMounts allows volumes that docker-compose.yml names, and files of the repository to be read.
func checkMounts(t *testing.T, c *composition, service string) {
	var mounts []struct {
		Type, Name, Source, Destination string
		RW                              bool
	}
	if err := json.Unmarshal([]byte(c.inspect(t, service, "{{json .Mounts}}")), &mounts); err != nil {
		t.Fatal(err)
	}
	for _, m := range mounts {
		named := m.Type == "volume" && strings.HasPrefix(m.Name, project+"_")
		read := m.Type == "bind" && !m.RW && strings.HasPrefix(m.Source, c.root+"/")
		if !named && !read {
			t.Errorf("%s mounts %s on %s: %+v", service, m.Source, m.Destination, m)
		}
	}
}

// kernelRows are what /proc says of a process without rights.
func kernelRows() map[string]string {
	const none = "0000000000000000"
	return map[string]string{"CapInh": none, "CapPrm": none, "CapEff": none, "CapBnd": none, "CapAmb": none, "NoNewPrivs": "1"}
}

// checkProcesses reads what the kernel says of each process, which is of this machine.
func checkProcesses(t *testing.T, c *composition, service string) {
	out, err := docker(c.root, nil, "top", c.container(t, service), "-eo", "pid")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, process := range strings.Fields(out)[1:] {
		text, err := os.ReadFile("/proc/" + process + "/status")
		if errors.Is(err, fs.ErrNotExist) {
			continue // a health check that has ended
		}
		if err != nil {
			t.Fatal(err)
		}
		seen++
		status := map[string]string{}
		for line := range strings.Lines(string(text)) {
			name, value, _ := strings.Cut(line, ":")
			status[name] = strings.Join(strings.Fields(value), " ")
		}
		if ids := strings.Fields(status["Uid"] + " " + status["Gid"] + " " + status["Groups"]); len(ids) < 8 || slices.Contains(ids, "0") {
			t.Errorf("%s: process %s (%s) has the users and groups %q", service, process, status["Name"], ids)
		}
		for name, want := range kernelRows() {
			if status[name] != want {
				t.Errorf("%s: process %s (%s) has %s %q, not %q", service, process, status["Name"], name, status[name], want)
			}
		}
	}
	if seen == 0 {
		t.Errorf("%s has no process: %s", service, out)
	}
}

var (
	secretName  = regexp.MustCompile(`(?i)passw|secret|token|credential|private|api_?key`)
	secretValue = regexp.MustCompile(`://[^/@\s]+:[^/@\s]+@`) // a URL with a password
)

// secretsOf are the variables by which a container is given the database's password: it has no
// other way to get it (docs/adr/0122-the-password-of-the-database.md).
func secretsOf(service string) []string {
	return map[string][]string{"postgres": {"POSTGRES_PASSWORD"}, "items": {"DATABASE_URL"}}[service]
}

// checkSecrets allows no secret in what docker inspect shows of a container, nor in its log.
func checkSecrets(t *testing.T, c *composition, service string) {
	var variables []string
	if err := json.Unmarshal([]byte(c.inspect(t, service, "{{json .Config.Env}}")), &variables); err != nil {
		t.Fatal(err)
	}
	password := c.variables["POSTGRES_PASSWORD"]
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		if slices.Contains(secretsOf(service), name) {
			continue
		}
		if secretName.MatchString(name) || secretValue.MatchString(value) || password != "" && strings.Contains(value, password) {
			t.Errorf("%s has a secret in %s", service, name)
		}
	}
	if password == "" {
		return
	}
	if shown := c.inspect(t, service, "{{json .Args}} {{json .Config.Labels}} {{json .Config.Cmd}} {{json .Config.Healthcheck}}"); strings.Contains(shown, password) {
		t.Errorf("%s has the database's password in its arguments or labels", service)
	}
	if strings.Contains(c.run(t, "logs", "--no-color", service), password) {
		t.Errorf("%s has the database's password in its log", service)
	}
}

// interpreted are the servers whose images are based on Debian, which has a shell.
func interpreted() []string { return []string{"tornado", "asyncio", "uvloop", "node"} }

func shells() []string {
	return []string{"sh", "ash", "bash", "dash", "zsh", "ksh", "csh", "busybox", "toybox"}
}

// checkFiles looks at every file of a container of ours for one that runs with the rights
// of another user or with capabilities, and for a shell.
func checkFiles(t *testing.T, c *composition, service string) {
	files := 0
	c.export(t, service, func(file *tar.Header) {
		files++
		if program := file.Typeflag == tar.TypeReg; program && file.Mode&0o6000 != 0 || file.PAXRecords["SCHILY.xattr.security.capability"] != "" {
			t.Errorf("%s: /%s runs with the rights of another: mode %o", service, file.Name, file.Mode)
		}
		if slices.Contains(shells(), path.Base(file.Name)) && !slices.Contains(interpreted(), service) && file.Typeflag != tar.TypeDir {
			t.Errorf("%s has a shell: /%s", service, file.Name)
		}
	})
	if files == 0 {
		t.Errorf("%s has no files", service)
	}
}

// export calls visit with each file of the container.
func (c *composition) export(t *testing.T, service string, visit func(*tar.Header)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandLimit)
	defer cancel()
	command := dockerCommand(ctx, c.root, nil, "export", c.container(t, service))
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	files := tar.NewReader(out)
	for {
		file, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Error(fmt.Errorf("files of %s: %w", service, err))
			break
		}
		visit(file)
	}
	_, _ = io.Copy(io.Discard, out) // padding, or what follows an error
	if err := command.Wait(); err != nil {
		t.Error(err)
	}
}
