package target

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Values fill the placeholders of one request.
type Values struct {
	Seq         uint64 // {seq}: number of the request in its run
	Random      uint64 // {random}: a number below a million
	Created     []byte // {created}: last element of a Location that a 201 reply named
	Traceparent []byte // W3C trace context; none is sent when it is empty

	body []byte // scratch
}

type kind uint8

const (
	literal kind = iota
	seq
	random
	created
)

func placeholder(name string) (k kind, known bool) {
	switch name {
	case "seq":
		return seq, true
	case "random":
		return random, true
	case "created":
		return created, true
	}
	return literal, false
}

// A template is literal text with placeholders between.
type template []part

type part struct {
	kind kind
	text string // of a literal
}

// parseTemplate splits text at its placeholders. Braces around anything else
// are an error if strict, and text otherwise, as in a JSON body.
func parseTemplate(text string, strict bool) (template, error) {
	var t template
	start := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '{' {
			continue
		}
		name, _, closed := strings.Cut(text[i+1:], "}")
		k, known := placeholder(name)
		if !closed || !known {
			if strict {
				return nil, fmt.Errorf("unknown placeholder at %q; known are {seq}, {random}, {created}", text[i:])
			}
			continue
		}
		if i > start {
			t = append(t, part{text: text[start:i]})
		}
		t = append(t, part{kind: k})
		i += len(name) + 1
		start = i + 1
	}
	if start < len(text) {
		t = append(t, part{text: text[start:]})
	}
	return t, nil
}

func (t template) append(dst []byte, v *Values) []byte {
	for i := range t {
		switch t[i].kind {
		case literal:
			dst = append(dst, t[i].text...)
		case seq:
			dst = strconv.AppendUint(dst, v.Seq, 10)
		case random:
			dst = strconv.AppendUint(dst, v.Random%1_000_000, 10)
		case created:
			dst = append(dst, v.Created...)
		}
	}
	return dst
}

func (t template) has(k kind) bool {
	for i := range t {
		if t[i].kind == k {
			return true
		}
	}
	return false
}

// compile prepares everything of the request but the content length, the
// trace context and the body.
func (t *Target) compile(path string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n", t.Method, path, t.namedHost())
	for _, h := range t.AllHeaders() {
		fmt.Fprintf(&text, "%s: %s\r\n", h.Name, h.Value)
	}
	if _, err := parseTemplate(path, true); err != nil {
		return err
	}
	var err error
	if t.head, err = parseTemplate(text.String(), false); err != nil {
		return err
	}
	if t.authority, err = parseTemplate(t.namedHost(), false); err != nil {
		return err
	}
	t.body, err = parseTemplate(t.Body, false)
	t.consumes = t.Method == "DELETE"
	return err
}

// NeedsCreated reports whether a request can be made only once a 201 reply has named a resource.
func (t *Target) NeedsCreated() bool { return t.head.has(created) || t.body.has(created) }

// Consumes reports whether the request ends the resource that it names.
func (t *Target) Consumes() bool { return t.consumes }

// AppendRequest appends the bytes of an HTTP/1.1 request to dst.
func (t *Target) AppendRequest(dst []byte, v *Values) []byte {
	dst = t.head.append(dst, v)
	if len(v.Traceparent) > 0 {
		dst = append(dst, "Traceparent: "...)
		dst = append(dst, v.Traceparent...)
		dst = append(dst, '\r', '\n')
	}
	if len(t.body) == 0 {
		if t.HasBody() {
			dst = append(dst, "Content-Length: 0\r\n"...)
		}
		return append(dst, '\r', '\n')
	}
	v.body = t.body.append(v.body[:0], v)
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(v.body)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, v.body...)
}

// HasBody reports whether requests of the target's method say how long their body is even if they have none.
func (t *Target) HasBody() bool {
	return t.Method == "POST" || t.Method == "PUT" || t.Method == "PATCH"
}

// Authority is what the request names as its host: the one of the URL, unless a header Host says otherwise.
func (t *Target) Authority(v *Values) string { return string(t.authority.append(nil, v)) }

// Render returns the URL, the headers without Host and the body of a request, for clients that write it themselves.
func (t *Target) Render(v *Values) (url string, headers []Header, body string) {
	fill := func(text string) string {
		filled, _ := parseTemplate(text, false) // New has checked it
		return string(filled.append(nil, v))
	}
	headers = t.AllHeaders()
	for i := range headers {
		headers[i].Value = fill(headers[i].Value)
	}
	return fill(t.URL), headers, string(t.body.append(nil, v))
}

// namedHost is the value of the header Host.
func (t *Target) namedHost() string {
	if at := slices.IndexFunc(t.Headers, Header.isHost); at >= 0 {
		return t.Headers[at].Value
	}
	return t.host
}

// AllHeaders are the headers of the target, without Host, with those that the generator adds.
func (t *Target) AllHeaders() []Header {
	all := slices.DeleteFunc(slices.Clone(t.Headers), Header.isHost)
	named := func(name string) bool {
		return slices.ContainsFunc(t.Headers, func(h Header) bool { return strings.EqualFold(h.Name, name) })
	}
	if !named("User-Agent") {
		all = append(all, Header{"User-Agent", "loadgen"})
	}
	if body := strings.TrimSpace(t.Body); !named("Content-Type") && (strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[")) {
		all = append(all, Header{"Content-Type", "application/json"})
	}
	return all
}
