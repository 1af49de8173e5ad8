package target

import (
	"errors"
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
	Fill        *Fill  // the others; may be nil if the target does not need it
	Traceparent []byte // W3C trace context; none is sent when it is empty

	body []byte // scratch
}

// maxPlaceholder bounds what is between two braces, in bytes.
const maxPlaceholder = 4096

// A template is literal text with placeholders between.
type template []part

type part struct {
	kind    kind
	text    string   // of a literal; the name of a column or a variable
	low     int64    // of an integer
	span    uint64   // of an integer: highest - lowest; the length of a random text
	options []string // of a choice
	escape  escape   // of a value from outside
}

// parseTemplate splits text at its placeholders. Braces around anything else
// are an error if strict, and text otherwise, as in a JSON body.
func parseTemplate(text string, strict bool, e escape) (template, error) {
	var t template
	start := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '{' {
			continue
		}
		name, _, closed := strings.Cut(text[i+1:min(len(text), i+1+maxPlaceholder)], "}")
		p, known, err := parsePlaceholder(name)
		if closed && err != nil {
			return nil, err
		}
		if !closed || !known {
			if strict {
				return nil, fmt.Errorf("unknown placeholder at %q; known are %s", text[i:], knownNames)
			}
			continue
		}
		if i > start {
			t = append(t, part{text: text[start:i]})
		}
		p.escape = e
		t = append(t, p)
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
		default:
			dst = t[i].appendFilled(dst, v.Fill)
		}
	}
	return dst
}

func (p *part) appendFilled(dst []byte, f *Fill) []byte {
	if p.kind != datum && p.kind != variable && p.kind != choice && p.kind != now {
		return f.append(dst, p)
	}
	return append(dst, p.escape.apply(string(f.append(nil, p)))...)
}

// join appends other, whose first literal becomes one with the last of t.
func (t template) join(other template) template {
	if n := len(t); n > 0 && len(other) > 0 && t[n-1].kind == literal && other[0].kind == literal {
		t[n-1].text += other[0].text
		other = other[1:]
	}
	return append(t, other...)
}

func (t template) has(wanted func(kind) bool) bool {
	for i := range t {
		if wanted(t[i].kind) {
			return true
		}
	}
	return false
}

// compile prepares everything of the request but the content length, the
// trace context and the body.
func (t *Target) compile(path string) error {
	var errs []error
	parse := func(text string, strict bool, e escape) template {
		parsed, err := parseTemplate(text, strict, e)
		errs = append(errs, err)
		return parsed
	}
	route, query, hasQuery := strings.Cut(path, "?")
	t.path = parse(route, true, inPath)
	if hasQuery {
		t.path = t.path.join(template{{text: "?"}}).join(parse(query, true, inQuery))
	}
	t.authority = parse(t.namedHost(), false, inHeader)
	t.head = template{{text: t.Method + " "}}.join(slices.Clone(t.path)).join(template{{text: " HTTP/1.1\r\nHost: "}}).
		join(slices.Clone(t.authority)).join(template{{text: "\r\n"}})
	t.headers = nil
	for _, h := range t.AllHeaders() {
		value := parse(h.Value, false, inHeader)
		t.headers = append(t.headers, value)
		t.head = t.head.join(template{{text: h.Name + ": "}}).join(slices.Clone(value)).join(template{{text: "\r\n"}})
	}
	t.body = parse(t.Body, false, t.bodyEscape())
	t.consumes = t.Method == "DELETE"
	return errors.Join(errs...)
}

// NeedsCreated reports whether a request can be made only once a 201 reply has named a resource.
func (t *Target) NeedsCreated() bool { return t.has(func(k kind) bool { return k == created }) }

// NeedsFill reports whether a request can be made only with a Fill.
func (t *Target) NeedsFill() bool { return t.has(func(k kind) bool { return k > created }) }

// NeedsRow reports whether a request takes a row of data.
func (t *Target) NeedsRow() bool { return t.has(func(k kind) bool { return k == datum }) }

func (t *Target) has(wanted func(kind) bool) bool { return t.head.has(wanted) || t.body.has(wanted) }

// Columns are those that the target takes of a row, with whether a header has it.
func (t *Target) Columns() map[string]bool { return t.taken(datum) }

// Variables are the names of the virtual user's that the target takes, with whether a header has it.
func (t *Target) Variables() map[string]bool { return t.taken(variable) }

// taken are the names that placeholders of a kind have, with whether a header has one.
func (t *Target) taken(wanted kind) map[string]bool {
	names := map[string]bool{}
	for _, list := range []template{t.head, t.body} {
		for i := range list {
			if p := &list[i]; p.kind == wanted {
				names[p.text] = names[p.text] || p.escape == inHeader
			}
		}
	}
	return names
}

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
	url = string(t.path.append([]byte(t.scheme+"://"+t.host), v))
	headers = t.AllHeaders()
	for i := range headers {
		headers[i].Value = string(t.headers[i].append(nil, v))
	}
	return url, headers, string(t.body.append(nil, v))
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
	if !named("Content-Type") && looksLikeJSON(t.Body) {
		all = append(all, Header{"Content-Type", "application/json"})
	}
	return all
}
