package browser

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds what takes a fraction of it on a quiet machine.
const patience = 45 * time.Second

// page is a tab of the browser. At the end of its test nothing may have gone
// wrong in it, and no request may have left the console's origin.
type page struct {
	t      testing.TB
	ctx    context.Context
	origin string

	mu   sync.Mutex
	said []string // errors of scripts, of the console, of loading
	left []string // addresses outside the origin
}

// newPage opens an empty tab of width by height pixels.
func newPage(t testing.TB, browser context.Context, origin string, width, height int) *page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p := &page{t: t, ctx: ctx, origin: origin}
	if err := chromedp.Listen(ctx, p.listen); err != nil { // which opens the tab
		t.Fatalf("open a tab: %v", err)
	}
	still := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}}}
	p.run(chromedp.EmulateViewport(int64(width), int64(height)), command(network.Enable, network.EnableParams{}),
		command(cdplog.Enable, cdp.Empty{}), command(emulation.SetEmulatedMedia, still))
	t.Cleanup(p.check)
	return p
}

// command is one of the protocol's that answers nothing.
func command[P any](c cdp.Command[P, cdp.Empty], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

func (p *page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.said = append(p.said, fmt.Sprint(e.ExceptionDetails.Text, " ", description(e.ExceptionDetails.Exception)))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			var words []string
			for _, argument := range e.Args {
				words = append(words, description(argument))
			}
			p.said = append(p.said, strings.Join(words, " "))
		}
	case *cdplog.EventEntryAdded:
		nothing := strings.HasPrefix(e.Entry.URL, p.origin+"/traces/api/v3/traces?") && strings.Contains(e.Entry.Text, "404")
		if e.Entry.Level == cdplog.EntryLevelError && !nothing { // Jaeger's API answers 404 if a search finds nothing
			p.said = append(p.said, e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		if err != nil || u.Scheme != "data" && u.Scheme+"://"+u.Host != p.origin {
			p.left = append(p.left, e.Request.URL)
		}
	}
}

// description is what a value of the page is in words.
func description(o *runtime.RemoteObject) string {
	if o == nil {
		return ""
	}
	return string(o.Value) + o.Description
}

func (p *page) check() {
	if p.t.Failed() {
		p.keepScreenshot()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, text := range p.said {
		p.t.Errorf("the page says: %s", text)
	}
	for _, address := range p.left {
		p.t.Errorf("a request has left the origin: %s", address)
	}
}

func (p *page) keepScreenshot() {
	ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Logf("no screenshot: %v", err)
		return
	}
	file := filepath.Join(p.t.ArtifactDir(), "failed.png")
	if err := os.WriteFile(file, picture, 0o644); err != nil {
		p.t.Logf("no screenshot: %v", err)
		return
	}
	p.t.Logf("the page then: %s (kept with -artifacts)", file)
}

// run does the actions, or fails the test.
func (p *page) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%v; the page shows\n%s", err, p.text())
	}
}

// show goes to a hash of the console and waits until its tab is there.
func (p *page) show(hash string) {
	p.t.Helper()
	tab := strings.FieldsFunc(hash, func(r rune) bool { return strings.ContainsRune("#/?", r) })[0]
	p.run(chromedp.Navigate(p.origin+"/"+hash), chromedp.WaitVisible(chromedp.CSS(`main .tab-`+tab)))
}

// click clicks on what a selector of CSS finds first.
func (p *page) click(selector string) {
	p.t.Helper()
	p.run(chromedp.Click(chromedp.CSS(selector)))
}

// evaluate gives the value of an expression of the page, which may be a promise.
func evaluate[T any](p *page, expression string) T {
	p.t.Helper()
	value, err := attempt[T](p, expression)
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func attempt[T any](p *page, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits for an expression of the page to be true; what says what is
// waited for. Chromedp's own polling makes functions of texts, which the
// console's policy forbids.
func (p *page) until(what, expression string) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		done, err := attempt[bool](p, `Promise.resolve(`+expression+`).then(Boolean)`)
		if err == nil && done {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("waited in vain until %s (%v); the page shows\n%s", what, err, p.text())
		}
	}
}

// text is what the page shows, for messages.
func (p *page) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text[:min(len(text), 3000)]
}

// writes replaces what a field has by text, as a reader types it; keys follow.
func writes(selector, text, keys string) chromedp.Action[chromedp.Void] {
	all := script(fmt.Sprintf(`document.querySelector(%q).select() === undefined`, selector))
	return chromedp.Steps(all, chromedp.SendKeys(chromedp.CSS(selector), text+keys))
}

// chooses picks an option.
func chooses(selector, value string) chromedp.Action[chromedp.Void] {
	return script(fmt.Sprintf(`(() => {
		const field = document.querySelector(%q);
		field.value = %q;
		field.dispatchEvent(new Event('change', { bubbles: true }));
		return true;
	})()`, selector, value))
}

// presses clicks on the button with that text.
func presses(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.Search(`//button[normalize-space()="` + text + `"]`))
}

// script runs an expression that gives true.
func script(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		done, err := chromedp.Evaluate[bool](expression)(ctx, t)
		if err == nil && !done {
			err = fmt.Errorf("%s is not true", expression)
		}
		return err
	})
}
