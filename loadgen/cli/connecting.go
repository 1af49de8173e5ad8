package cli

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"loadlab/loadgen/route"
	"loadlab/loadgen/target"
)

// Connecting are the variables that say how connections are opened.
type Connecting struct {
	HTTP       string `env:"LOADGEN_HTTP" value:"VERSION" group:"Connections" envDefault:"auto" oneof:"auto|1.1|2" help:"version of HTTP: 1.1 for http and what the server prefers for https (auto), 1.1 alone, or 2 alone, for http with prior knowledge (h2c)"`
	Resolve    string `env:"LOADGEN_RESOLVE" value:"LIST" group:"Connections" help:"addresses of hosts, as host:port:address, separated by commas; the host * means every one"`
	Sources    string `env:"LOADGEN_SOURCE_ADDRESSES" value:"LIST" group:"Connections" help:"addresses of this machine that connections come from in turn, separated by commas"`
	UnixSocket string `env:"LOADGEN_UNIX_SOCKET" value:"FILE" group:"Connections" help:"path of a Unix socket to connect to, whatever the host of a URL"`
	BasicAuth  string `env:"LOADGEN_BASIC_AUTH" value:"NAME:PASSWORD" group:"Connections" secret:"true" help:"name:password for the header Authorization of every target without one"`
	Insecure   bool   `env:"LOADGEN_INSECURE" group:"Connections" envDefault:"false" help:"accept any certificate of a server"`
	CA         string `env:"LOADGEN_CA" value:"FILE" group:"Connections" help:"PEM file of the authorities to trust instead of those of the system"`
	Cert       string `env:"LOADGEN_CERT" value:"FILE" group:"Connections" help:"PEM file of the client's certificate, with those that sign it"`
	Key        string `env:"LOADGEN_KEY" value:"FILE" group:"Connections" help:"PEM file of the private key of the client's certificate; without it the key is in LOADGEN_CERT"`
	ServerName string `env:"LOADGEN_SERVER_NAME" value:"NAME" group:"Connections" help:"name to ask a server for (SNI) and to expect in its certificate, instead of the host of the URL"`
}

// route reads the options.
func (c *Connecting) route(problems *problems) route.Options {
	made := route.Options{Socket: c.UnixSocket}
	if c.HTTP != "auto" {
		made.HTTP = route.Version(c.HTTP)
	}
	var err error
	made.Resolve, err = route.ParseResolve(c.Resolve)
	problems.add("LOADGEN_RESOLVE", c.Resolve, err)
	made.Sources, err = route.ParseSources(c.Sources)
	problems.add("LOADGEN_SOURCE_ADDRESSES", c.Sources, err)
	if c.UnixSocket != "" {
		problems.add("LOADGEN_UNIX_SOCKET", c.UnixSocket, checkSocket(c.UnixSocket))
	}
	security := route.TLS{Insecure: c.Insecure, ServerName: c.ServerName}
	whole := true
	for _, file := range []struct {
		variable, path string
		into           *[]byte
	}{{"LOADGEN_CA", c.CA, &security.CA}, {"LOADGEN_CERT", c.Cert, &security.Cert}, {"LOADGEN_KEY", c.Key, &security.Key}} {
		if file.path == "" {
			continue
		}
		*file.into, err = readWhole(file.path, maxPEM)
		if err == nil && len(*file.into) == 0 {
			err = errors.New("the file is empty")
		}
		if err != nil {
			problems.add(file.variable, file.path, err)
			whole = false
		}
	}
	if whole {
		made.TLS, err = security.Config()
		problems.add(c.security(), "", err)
	}
	return made
}

// security is the first variable of TLS that is given.
func (c *Connecting) security() string {
	switch {
	case c.CA != "":
		return "LOADGEN_CA"
	case c.Cert != "":
		return "LOADGEN_CERT"
	}
	return "LOADGEN_KEY"
}

// maxPEM bounds a file of certificates, in bytes.
const maxPEM = 10 << 20

// checkSocket returns why path is no Unix socket.
func checkSocket(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Type() != os.ModeSocket {
		err = fmt.Errorf("%s is not a Unix socket", path)
	}
	return err
}

// authorize adds the header Authorization, unless one is there.
func (c *Connecting) authorize(headers []target.Header, problems *problems) []target.Header {
	if c.BasicAuth == "" {
		return headers
	}
	if !strings.Contains(c.BasicAuth, ":") {
		problems.add("LOADGEN_BASIC_AUTH", "", errors.New("not name:password"))
	}
	if slices.ContainsFunc(headers, func(h target.Header) bool { return strings.EqualFold(h.Name, "Authorization") }) {
		problems.add("LOADGEN_BASIC_AUTH", "", errors.New("cannot be together with a header Authorization of every target"))
	}
	value := "Basic " + base64.StdEncoding.EncodeToString([]byte(c.BasicAuth))
	return append(headers, target.Header{Name: "Authorization", Value: value})
}
