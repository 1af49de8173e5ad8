package translate

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"loadlab/loadgen/target"
)

// Curl reads the targets of curl's command lines, which line breaks or semicolons separate. read returns the files of @file. An option
// that changes the request and has no equal in a target is an error.
func Curl(text string, read target.ReadFile) ([]target.Target, error) {
	commands, err := Commands(text)
	if err != nil {
		return nil, err
	}
	var all []target.Target
	var errs []error
	for _, words := range commands {
		targets, err := curl(words, read)
		if err != nil {
			err = fmt.Errorf("curl command %d: %w", len(all)+1, err)
		}
		errs = append(errs, err)
		all = append(all, targets...)
	}
	if len(all) == 0 && errors.Join(errs...) == nil {
		errs = append(errs, errors.New("no curl command"))
	}
	if len(all) > target.MaxTargets {
		errs = append(errs, fmt.Errorf("%d targets, more than %d", len(all), target.MaxTargets))
	}
	return all, errors.Join(errs...)
}

// curl reads the words of one command.
func curl(words []string, read target.ReadFile) ([]target.Target, error) {
	if len(words) == 0 || words[0] != "curl" && !strings.HasSuffix(words[0], "/curl") {
		return nil, errors.New("it does not begin with curl")
	}
	c := command{read: read}
	for words = words[1:]; len(words) > 0; {
		rest, err := c.option(words)
		if err != nil {
			return nil, err
		}
		words = rest
	}
	return c.targets()
}

// A command is what the options of a curl command line say so far.
type command struct {
	read    target.ReadFile
	urls    []string
	method  string
	headers []target.Header
	data    []string
	json    bool
	get     bool
	head    bool
}

// handlers are the options that change a request, by their long names. Each takes a value.
var handlers = map[string]func(c *command, value string) error{
	"url":     func(c *command, v string) error { c.urls = append(c.urls, v); return nil },
	"request": func(c *command, v string) error { c.method = strings.ToUpper(v); return nil },
	"header":  (*command).header,
	"user-agent": func(c *command, v string) error {
		return c.header("User-Agent: " + v)
	},
	"referer": func(c *command, v string) error { return c.header("Referer: " + v) },
	"user": func(c *command, v string) error {
		return c.header("Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(v)))
	},
	"oauth2-bearer":  func(c *command, v string) error { return c.header("Authorization: Bearer " + v) },
	"cookie":         (*command).cookie,
	"data":           func(c *command, v string) error { return c.body(v, true, true) },
	"data-ascii":     func(c *command, v string) error { return c.body(v, true, true) },
	"data-binary":    func(c *command, v string) error { return c.body(v, true, false) },
	"data-raw":       func(c *command, v string) error { return c.body(v, false, false) },
	"data-urlencode": (*command).encoded,
	"json": func(c *command, v string) error {
		c.json = true
		return c.body(v, true, false)
	},
}

// switches are the options without a value; those with nil change nothing of a request.
var switches = map[string]func(c *command){
	"get":        func(c *command) { c.get = true },
	"head":       func(c *command) { c.head = true },
	"compressed": func(c *command) { _ = c.header("Accept-Encoding: deflate, gzip, br, zstd") },
	"silent":     nil, "show-error": nil, "include": nil, "verbose": nil, "fail": nil, "no-progress-meter": nil, "progress-bar": nil, "globoff": nil, "fail-with-body": nil,
	"no-buffer": nil, "path-as-is": nil,
}

// shown are the options with a value that change nothing of a request.
var shown = map[string]bool{"output": true, "write-out": true}

// ofRuns are the options of a whole run, by the flag that says the same.
var ofRuns = map[string]string{
	"insecure": "--insecure", "location": "--redirects 50", "http1.1": "--http 1.1", "http2": "--http 2", "http2-prior-knowledge": "--http 2", "cacert": "--ca", "cert": "--cert",
	"key": "--key", "resolve": "--resolve", "unix-socket": "--unix-socket", "max-time": "--timeout", "connect-timeout": "--timeout", "interface": "--source-addresses", "cookie-jar": "--cookies",
}

var long = map[byte]string{
	'X': "request", 'H': "header", 'A': "user-agent", 'e': "referer", 'u': "user", 'b': "cookie", 'd': "data", 'G': "get", 'I': "head", 's': "silent", 'S': "show-error",
	'i': "include", 'v': "verbose", 'f': "fail", 'o': "output", 'w': "write-out", 'k': "insecure", 'L': "location", 'E': "cert", 'm': "max-time", 'c': "cookie-jar", 'N': "no-buffer", '#': "progress-bar", 'g': "globoff",
}

// option reads the first of words, with its value, and returns the others.
func (c *command) option(words []string) ([]string, error) {
	word, rest := words[0], words[1:]
	if name, ok := strings.CutPrefix(word, "--"); ok {
		name, value, attached := strings.Cut(name, "=")
		if attached {
			rest = append([]string{value}, rest...)
		}
		return c.named(name, word, rest, attached)
	}
	if len(word) < 2 || word[0] != '-' {
		c.urls = append(c.urls, word)
		return rest, nil
	}
	name, known := long[word[1]]
	if !known {
		return nil, fmt.Errorf("option %s is not known here", word[:2])
	}
	if _, alone := switches[name]; alone || name == "insecure" || name == "location" {
		if len(word) > 2 { // more of them, as in -sS
			rest = append([]string{"-" + word[2:]}, rest...)
		}
	} else if len(word) > 2 {
		rest = append([]string{word[2:]}, rest...)
	}
	return c.named(name, word[:2], rest, false)
}

func (c *command) named(name, word string, rest []string, attached bool) ([]string, error) {
	if flag, ok := ofRuns[name]; ok {
		return nil, fmt.Errorf("option %s is one of the whole run; leave it out and give %s", word, flag)
	}
	if set, ok := switches[name]; ok {
		if attached {
			return nil, fmt.Errorf("option %s takes no value", word)
		}
		if set != nil {
			set(c)
		}
		return rest, nil
	}
	handle, ok := handlers[name]
	if !ok && !shown[name] {
		return nil, fmt.Errorf("option %s is not known here", word)
	}
	if len(rest) == 0 {
		return nil, fmt.Errorf("option %s needs a value", word)
	}
	if !ok {
		return rest[1:], nil
	}
	return rest[1:], handle(c, rest[0])
}

// header takes a field. Those that the generator sets itself are left out.
func (c *command) header(field string) error {
	name, value, ok := strings.Cut(field, ":")
	if !ok {
		return fmt.Errorf("header %q is not Name: value", field)
	}
	if name = strings.TrimSpace(name); setByGenerator(name) {
		return nil
	}
	if value = strings.TrimSpace(value); value == "" {
		return fmt.Errorf("header %q has no value; curl would leave that header out", field)
	}
	c.headers = append(c.headers, target.Header{Name: name, Value: value})
	return nil
}

// setByGenerator reports whether a header cannot be given for a target, because it follows from the request or is a
// pseudo-header of HTTP/2.
func setByGenerator(name string) bool {
	switch strings.ToLower(name) {
	case "content-length", "connection", "transfer-encoding", "traceparent":
		return true
	}
	return strings.HasPrefix(name, ":")
}

func (c *command) cookie(value string) error {
	if !strings.Contains(value, "=") {
		return fmt.Errorf("cookies in the file %q are not read; give them as name=value", value)
	}
	return c.header("Cookie: " + value)
}

// body adds to the body. Of a file, curl leaves out line breaks where folded.
func (c *command) body(value string, files, folded bool) error {
	name, isFile := strings.CutPrefix(value, "@")
	if files && isFile {
		content, err := c.read(name)
		if err != nil {
			return fmt.Errorf("body of file %q: %w", name, err)
		}
		value = content
		if folded {
			value = strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(value)
		}
	}
	c.data = append(c.data, value)
	return nil
}

// encoded adds content or name=content, which is encoded.
func (c *command) encoded(value string) error {
	name, content, named := strings.Cut(value, "=")
	switch {
	case !named && strings.Contains(value, "@"):
		return errors.New("data of a file cannot be encoded; encode it and give it with --data")
	case !named:
		name, content = "", value
	case name != "":
		name += "="
	}
	c.data = append(c.data, name+url.QueryEscape(content))
	return nil
}

// targets returns one for each URL.
func (c *command) targets() ([]target.Target, error) {
	if len(c.urls) == 0 {
		return nil, errors.New("no URL")
	}
	glue := "&"
	if c.json {
		glue = ""
	}
	body, method := strings.Join(c.data, glue), "GET"
	switch {
	case c.head:
		method = "HEAD"
	case len(c.data) > 0 && !c.get:
		method = "POST"
		if c.json {
			c.add("Content-Type", "application/json")
		} else {
			c.add("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	if c.json {
		c.add("Accept", "application/json")
	}
	c.add("Accept", "*/*")
	if c.method != "" {
		method = c.method
	}
	var all []target.Target
	for _, address := range c.urls {
		if !strings.Contains(address, "://") {
			address = "http://" + address
		}
		made := target.Target{Method: method, URL: address, Headers: c.headers, Body: body}
		if c.get || c.head {
			made.URL, made.Body = withQuery(address, body), ""
		}
		made, err := target.New(made)
		if err != nil {
			return nil, err
		}
		all = append(all, made)
	}
	return all, nil
}

// add adds a header that the command does not name.
func (c *command) add(name, value string) {
	for _, h := range c.headers {
		if strings.EqualFold(h.Name, name) {
			return
		}
	}
	c.headers = append(c.headers, target.Header{Name: name, Value: value})
}

func withQuery(address, query string) string {
	if query == "" {
		return address
	}
	address, _, _ = strings.Cut(address, "#")
	if strings.Contains(address, "?") {
		return address + "&" + query
	}
	return address + "?" + query
}
