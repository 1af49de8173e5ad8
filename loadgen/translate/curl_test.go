package translate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"loadlab/loadgen/target"
	"loadlab/loadgen/translate"
)

func read(name string) (string, error) {
	if name == "body.txt" {
		return "a=1\r\nb=2\n", nil
	}
	return "", errors.New("no such file")
}

// text is a target as it is sent, without what every one has.
func text(t target.Target) string {
	headers := ""
	for _, h := range t.Headers {
		if h.Value != "*/*" {
			headers += " [" + h.Name + ": " + h.Value + "]"
		}
	}
	return fmt.Sprintf("%s %s%s %q", t.Method, t.URL, headers, t.Body)
}

func TestCurl(t *testing.T) {
	const form, asJSON = " [Content-Type: application/x-www-form-urlencoded]", " [Content-Type: application/json] [Accept: application/json]"
	for line, want := range map[string]string{
		`curl http://h/a`: `GET http://h/a ""`,
		`/usr/bin/curl -sSvf -o /dev/null -w '%{http_code}' h`:                                  `GET http://h ""`,
		`curl -XPUT 'http://h/?a=1&b=2'`:                                                        `PUT http://h/?a=1&b=2 ""`,
		`curl -X delete --url http://h/`:                                                        `DELETE http://h/ ""`,
		`curl --request=PATCH http://h/ -H'X-A:b'`:                                              `PATCH http://h/ [X-A: b] ""`,
		`curl http://h/ -H "X-A: 'b' \"c\""`:                                                    `GET http://h/ [X-A: 'b' "c"] ""`,
		`curl http://h/ -d a=1 -d 'b=2&c'`:                                                      `POST http://h/` + form + ` "a=1&b=2&c"`,
		`curl http://h/ -da=1 -H 'content-type: text/plain'`:                                    `POST http://h/ [content-type: text/plain] "a=1"`,
		`curl http://h/ -d @body.txt`:                                                           `POST http://h/` + form + ` "a=1b=2"`,
		`curl http://h/ --data-binary @body.txt`:                                                `POST http://h/` + form + ` "a=1\r\nb=2\n"`,
		`curl http://h/ --data-raw @body.txt`:                                                   `POST http://h/` + form + ` "@body.txt"`,
		`curl http://h/ --json '{"a":"\n"}'`:                                                    `POST http://h/` + asJSON + ` "{\"a\":\"\\n\"}"`,
		`curl http://h/ --json "{\"a\":\"\\d\n\"}"`:                                             `POST http://h/` + asJSON + ` "{\"a\":\"\\d\\n\"}"`,
		`curl http://h/ --data-urlencode 'a=b c&d' --data-urlencode '=x y' --data-urlencode z/`: `POST http://h/` + form + ` "a=b+c%26d&x+y&z%2F"`,
		`curl -G http://h/?x=1 -d a=1 -d b=2`:                                                   `GET http://h/?x=1&a=1&b=2 ""`,
		`curl -I http://h/`:                                                                     `HEAD http://h/ ""`,
		`curl -u ann:b:c http://h/ -A agent -e http://r/`:                                       `GET http://h/ [Authorization: Basic YW5uOmI6Yw==] [User-Agent: agent] [Referer: http://r/] ""`,
		`curl -b 'a=1; b=2' http://h/`:                                                          `GET http://h/ [Cookie: a=1; b=2] ""`,
		`curl http://h/ -H 'Connection: keep-alive' -H 'Content-Length: 3' --compressed`:        `GET http://h/ [Accept-Encoding: deflate, gzip, br, zstd] ""`,
		"curl 'http://h/' \\\n  -H 'A: b' \\\r\n  --data-raw $'a\\'\\u0021\\n'":                 `POST http://h/ [A: b]` + form + ` "a'!\n"`,
		"curl http://h/1 ;\ncurl http://h/2 # no more":                                          `GET http://h/1 "", GET http://h/2 ""`,
		`curl http://h/1 http://h/2 -d a`:                                                       `POST http://h/1` + form + ` "a", POST http://h/2` + form + ` "a"`,
		`curl http://h/{seq} -d '{"a":"{uuid}"}'`:                                               `POST http://h/{seq}` + form + ` "{\"a\":\"{uuid}\"}"`,
	} {
		list, err := translate.Curl(line, read)
		var got []string
		for i := range list {
			got = append(got, text(list[i]))
		}
		if joined := strings.Join(got, ", "); err != nil || joined != want {
			t.Errorf("%s\n is %s (%v)\n want %s", line, joined, err, want)
		}
	}
}

// What cannot be sent as curl would is refused, with the way out.
func TestWrongCurl(t *testing.T) {
	for line, want := range map[string]string{
		"":                                "no curl command",
		"wget http://h/":                  "begin with curl",
		"curl":                            "no URL",
		"curl -X":                         "needs a value",
		"curl http://h/ -k":               "give --insecure",
		"curl -sk http://h/":              "give --insecure",
		"curl -L http://h/":               "give --redirects",
		"curl --http2 http://h/":          "give --http 2",
		"curl --cacert x http://h/":       "give --ca",
		"curl -F a=b http://h/":           "not known here",
		"curl -T x http://h/":             "not known here",
		"curl --data-urlencode a@x h":     "cannot be encoded",
		"curl -d @missing http://h/":      "no such file",
		"curl -b jar.txt http://h/":       "not read",
		"curl -H 'A' http://h/":           "not Name: value",
		"curl -H 'A:' http://h/":          "no value",
		"curl -G=1 http://h/":             "not known here",
		"curl --get=1 http://h/":          "takes no value",
		"curl -X TRACE http://h/":         "method",
		"curl ftp://h/":                   "http://host",
		"curl 'http://h/a b'":             "printable",
		"curl http://h/?a=1&b=2":          "quote what is in the URL",
		"curl http://h/ | jq .":           "one command alone",
		"curl http://h/ > out":            "redirections",
		"A=1 curl http://h/":              "variables",
		`curl "http://h/$A"`:              "variables and substitutions",
		"curl http://h/`id`":              "variables and substitutions",
		"curl http://h/$(id)":             "variables and substitutions",
		"curl 'http://h/":                 "quote",
		"if true; then curl h; fi":        "one command alone",
		"curl http://h/1\ncurl -F a h":    "curl command 2",
		strings.Repeat("curl h;", 101):    "more than 100",
		strings.Repeat("curl h;", 600000): "more than 4194304",
	} {
		if _, err := translate.Curl(line, read); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %v, want %q", line, err, want)
		}
	}
}

func FuzzCurl(f *testing.F) {
	for _, line := range []string{"curl -sSX POST 'http://h/' -d \"a\\\"b\"", "curl $'\\x41' h; curl {a,b}", "curl --json '{}' ~ -u a:b"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		list, err := translate.Curl(line, read)
		if err == nil && len(list) == 0 {
			t.Fatalf("%q has neither a target nor an error", line)
		}
	})
}
