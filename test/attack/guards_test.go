package attack

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rebound is a name that an attacker points at loopback.
const rebound = "evil.example"

// documented are the routes of the table in SECURITY.md, as method and path, by listener.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<!-- make generate writes: access -->\n")
	table, _, found := strings.Cut(rest, "<!-- end -->")
	if !found {
		t.Fatal("SECURITY.md has no table of routes")
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	parameter := regexp.MustCompile(`\*|\{[^}]*\}`)
	routes := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, " | ")
		if len(cells) < 4 || strings.HasPrefix(line, "| listener") {
			continue
		}
		listener := strings.TrimPrefix(cells[0], "| ")
		for _, match := range quoted.FindAllStringSubmatch(cells[1]+cells[2], -1) {
			one := parameter.ReplaceAllString(match[1], "x")
			if strings.HasPrefix(one, "/") {
				one = "GET " + one
			}
			routes[listener] = append(routes[listener], one)
		}
	}
	return routes
}

// callers are what SECURITY.md says of requests to every route.
var callers = []struct {
	name, fields string // %s is the listener's own host
	host         string // if it is not the listener's own
	want         int
}{
	{"a page of another origin", "Origin: http://evil.example\r\nSec-Fetch-Site: cross-site\r\n", "", 403},
	{"a page of another port", "Origin: http://127.0.0.1:1\r\nSec-Fetch-Site: same-site\r\n", "", 403},
	{"a page in a sandbox", "Origin: null\r\n", "", 403},
	{"a picture or a script in another page", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\n", "", 403},
	{"a frame in another page", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n", "", 403},
	{"a preflight of another page", "Origin: http://evil.example\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Private-Network: true\r\n", "", 403},
	{"a page under a rebound name", "Origin: http://" + rebound + "\r\nSec-Fetch-Site: same-origin\r\n", rebound, 421},
	{"a program that was given a rebound name", "", rebound + ":8080", 421},
	{"a name that looks like loopback", "", "127.0.0.1.nip.io", 421},
}

// guards sends every route what the table in SECURITY.md forbids.
func (v *victim) guards(t *testing.T) {
	type attack struct {
		name, address, text string
		want                int
	}
	var all []attack
	routes := documented(t)
	for listener, addresses := range v.guarded {
		if len(routes[listener]) == 0 {
			t.Errorf("SECURITY.md has no routes of %s", listener)
		}
		for _, address := range addresses {
			for _, route := range routes[listener] {
				for _, c := range callers {
					host := c.host
					if host == "" {
						host = address
					}
					if strings.HasPrefix(c.name, "a preflight") {
						_, path, _ := strings.Cut(route, " ")
						route = "OPTIONS " + path
					}
					all = append(all, attack{c.name + ", " + route + " of " + listener, address,
						route + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\nContent-Length: 0\r\n" + c.fields + "\r\n", c.want})
				}
			}
		}
	}
	atOnce(all, func(a attack) {
		got := send(t, a.address, a.text)
		if got.status() != a.want || len(got.statuses) != 1 || got.first.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: replies %v, want %d; %.300q", a.name, got.statuses, a.want, got.raw)
		}
		if a.want == 421 && !strings.Contains(got.body, "answers to localhost and IP addresses") && !strings.HasPrefix(a.text, "HEAD") {
			t.Errorf("%s: the reply does not say what is allowed: %s", a.name, got.body)
		}
	})
	t.Logf("%d attacks", len(all))
	t.Run("every listening port", v.everyPort)
	t.Run("plain forms to items", v.forms)
}

// everyPort asks each port on which a process of the lab listens, so that none is
// forgotten. Only those of the services' traffic have no guard.
func (v *victim) everyPort(t *testing.T) {
	if _, err := os.Stat("/proc/net/tcp"); err != nil {
		t.Skip("needs Linux's /proc")
	}
	var open []int
	for _, port := range v.ports(t) {
		got := send(t, fmt.Sprintf("127.0.0.1:%d", port), "GET / HTTP/1.1\r\nHost: "+rebound+"\r\nConnection: close\r\n\r\n")
		switch {
		case got.status() == 421:
		case strings.Contains(got.body, `"service":`):
			open = append(open, port)
		default:
			t.Errorf("port %d answers %v %.300q to another name", port, got.statuses, got.raw)
		}
	}
	if len(open) != 5 {
		t.Errorf("%d ports have no guard, want those of the five services: %v", len(open), open)
	}
}

// ports are those on which the lab and its children listen.
func (v *victim) ports(t *testing.T) []int {
	t.Helper()
	pids := []string{strconv.Itoa(v.Pid())}
	for _, match := range regexp.MustCompile(`ready after \S+, process (\d+)\n`).FindAllStringSubmatch(v.Stdout(), -1) {
		pids = append(pids, match[1])
	}
	sockets := map[string]bool{}
	for _, pid := range pids {
		files, err := filepath.Glob("/proc/" + pid + "/fd/*")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if link, err := os.Readlink(file); err == nil { // one that has been closed meanwhile listens no more
				sockets[link] = true
			}
		}
	}
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	const listening = "0A"
	var all []int
	for line := range strings.Lines(string(table)) {
		columns := strings.Fields(line)
		if len(columns) < 10 || columns[3] != listening || !sockets["socket:["+columns[9]+"]"] {
			continue
		}
		_, hex, _ := strings.Cut(columns[1], ":")
		port, err := strconv.ParseUint(hex, 16, 16)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, int(port))
	}
	slices.Sort(all)
	if len(all) < 15 {
		t.Fatalf("the lab listens on %v", all)
	}
	return all
}

// forms are what a page of another origin can send to the traffic listener
// without a preflight: none of them may write an item.
func (v *victim) forms(t *testing.T) {
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", ""} {
		body := `{"name":"forged"}`
		got := send(t, v.gateway, fmt.Sprintf("POST /items HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nOrigin: http://evil.example\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
			v.gateway, kind, len(body), body))
		if got.status() != 415 {
			t.Errorf("an item of type %q: %d %s", kind, got.status(), got.body)
		}
	}
}
