package integration

import (
	"os/exec"
	"strings"
	"testing"

	"loadlab/internal/testkit"
)

// client runs a program that speaks HTTP and returns what it prints.
func client(t *testing.T, program string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	command.Stdin = strings.NewReader("")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%s %q: %v: %s", program, args, err, out)
	}
	return string(out)
}

// doors are a service, the gateway in front of it, and an admin listener, each
// with a path that answers GET.
func doors(t *testing.T) map[string]string {
	t.Helper()
	service := testkit.Start(t, "iobound")
	door := testkit.Start(t, "gateway", "IOBOUND_URL="+service.URL)
	return map[string]string{
		"service": service.URL + "/io/wait?ms=1",
		"gateway": door.URL + "/io/wait?ms=1",
		"admin":   service.AdminURL + "/fault",
	}
}

const statusOnly = "%{http_code}"

func TestCurl(t *testing.T) {
	testkit.Require(t, "curl")
	for name, url := range doors(t) {
		t.Run(name, func(t *testing.T) {
			if out := client(t, "curl", "-sI", url); !strings.HasPrefix(out, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(out, "\r\n\r\n") {
				t.Errorf("curl -I: %s", out)
			}
			if out := client(t, "curl", "-si", "-X", "OPTIONS", url); !strings.HasPrefix(out, "HTTP/1.1 204 ") || !strings.Contains(out, "\r\nAllow: OPTIONS, DELETE, GET, HEAD, POST, PUT\r\n") {
				t.Errorf("curl -X OPTIONS: %s", out)
			}
			status := func(want string, args ...string) {
				t.Helper()
				if out := client(t, "curl", append([]string{"-s", "-o", "/dev/null", "-w", statusOnly, url}, args...)...); out != want {
					t.Errorf("curl %q: %s, want %s", args, out, want)
				}
			}
			status("405", "-X", "PATCH")
			status("405", "-X", "TRACE")
			status("501", "-X", "BREW")
			status("412", "-H", `If-Match: "1"`)
			status("304", "-H", "If-None-Match: *")
			status("415", "-d", "ms=1")
			status("400", "-H", "Content-Type: application/json", "-d", `{"kind":"\ud800"}`)
			status("400", "-H", "Content-Type: application/json", "-d", `{"kind":"stall","kind":"stall"}`)
			if name == "admin" {
				return // no work, so no time budget
			}
			status("200", "-X", "POST", "-T", "-") // chunked, and empty
			status("504", "-H", "X-Request-Timeout-Ms: 0")
			status("504", "-H", "X-Request-Timeout-Ms: -5")
			status("400", "-H", "X-Request-Timeout-Ms: abc")
			status("400", "-H", "X-Request-Timeout-Ms: 1e3")
			status("400", "-G", "-d", "jitter=0x1p-2")
		})
	}
}

func TestCurlReadsPartsOfTheDocument(t *testing.T) {
	testkit.Require(t, "curl")
	url := testkit.Start(t, "gateway").URL + "/openapi.yaml"
	if out := client(t, "curl", "-s", "-r", "0-7", url); out != "openapi:" {
		t.Errorf("curl -r 0-7: %q", out)
	}
	tag := t.TempDir() + "/tag"
	client(t, "curl", "-s", "-o", "/dev/null", "--etag-save", tag, url)
	if out := client(t, "curl", "-s", "-w", statusOnly, "--etag-compare", tag, url); out != "304" {
		t.Errorf("curl --etag-compare: %.100s", out)
	}
}

func TestHTTPie(t *testing.T) {
	testkit.Require(t, "http")
	for name, url := range doors(t) {
		for _, row := range []struct {
			want string
			args []string
		}{
			{"HTTP/1.1 200 OK", []string{"HEAD", url}},
			{"HTTP/1.1 204 No Content", []string{"OPTIONS", url}},
			{"HTTP/1.1 405 Method Not Allowed", []string{"PATCH", url}},
			{"HTTP/1.1 412 Precondition Failed", []string{"GET", url, `If-Match:"1"`}},
			{"HTTP/1.1 400 Bad Request", []string{"POST", url, "unknown:=1"}},
		} {
			if out := client(t, "http", append([]string{"--ignore-stdin", "--headers"}, row.args...)...); !strings.HasPrefix(out, row.want) {
				t.Errorf("%s: http %q: %s", name, row.args, out)
			}
		}
	}
}

// pythonClient prints the statuses of requests by Python's standard library.
const pythonClient = `
import http.client, json, sys, urllib.parse
url = urllib.parse.urlsplit(sys.argv[1])
connection = http.client.HTTPConnection(url.netloc, timeout=60)
target = url.path + ("?" + url.query if url.query else "")
def ask(method, body=None, headers={}, **options):
    connection.request(method, target, body, headers, **options)
    reply = connection.getresponse()
    return reply.status, len(reply.read())
kind = {"Content-Type": "application/json"}
status, size = ask("HEAD")
print("HEAD", status, size)
print("OPTIONS", *ask("OPTIONS"))
print("chunked", ask("PUT", iter([b"{}"]), kind, encode_chunked=True)[0] // 100)
print("surrogate", ask("PUT", json.dumps({"kind": "\ud800"}), kind)[0])
print("NaN", ask("PUT", json.dumps({"value": float("nan")}), kind)[0])
print("if-match", ask("GET", None, {"If-Match": '"1"'})[0])
`

func TestPythonsClient(t *testing.T) {
	testkit.Require(t, "python3")
	for name, url := range doors(t) {
		chunked := "2"
		if name == "admin" {
			chunked = "4" // a fault needs its kind
		}
		want := "HEAD 200 0\nOPTIONS 204 0\nchunked " + chunked + "\nsurrogate 400\nNaN 400\nif-match 412\n"
		if out := client(t, "python3", "-c", pythonClient, url); out != want {
			t.Errorf("%s: %s, want %s", name, out, want)
		}
	}
}

// nodeClient prints the statuses of requests by the fetch of Node.
const nodeClient = `
const url = process.argv[1];
const ask = async (method, headers, body) => {
  const options = { method, headers, body };
  if (body instanceof ReadableStream) options.duplex = 'half';
  const reply = await fetch(url, options);
  return reply.status + ' ' + (await reply.text()).length;
};
const type = { 'Content-Type': 'application/json' };
console.log('HEAD', await ask('HEAD'));
console.log('OPTIONS', await ask('OPTIONS'));
console.log('surrogate', (await ask('PUT', type, JSON.stringify({ kind: '\ud800' }))).slice(0, 3));
console.log('empty stream', (await ask('POST', {}, new ReadableStream({ start(c) { c.close(); } }))).slice(0, 3));
console.log('if-none-match', await ask('GET', { 'If-None-Match': '*', 'Cache-Control': 'no-cache' }));
`

func TestFetchOfNode(t *testing.T) {
	testkit.Require(t, "node")
	for name, url := range doors(t) {
		empty := "200"
		if name == "admin" {
			empty = "400" // a fault needs its kind
		}
		want := "HEAD 200 0\nOPTIONS 204 0\nsurrogate 400\nempty stream " + empty + "\nif-none-match 304 0\n"
		if out := client(t, "node", "--input-type=module", "-e", nodeClient, url); out != want {
			t.Errorf("%s: %s, want %s", name, out, want)
		}
	}
}
