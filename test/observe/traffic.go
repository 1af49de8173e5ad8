package observe

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kinds of requests of Traffic.
const (
	ReadIO    = "read io"
	ReadCPU   = "read cpu"
	ReadMixed = "read mixed"
	ReadItems = "read items"
	Create    = "create"       // an item, without a key
	CreateKey = "create keyed" // an item, with an Idempotency-Key
)

// TrafficKinds are all of them.
func TrafficKinds() []string {
	return []string{ReadIO, ReadCPU, ReadMixed, ReadItems, Create, CreateKey}
}

const (
	trafficPause   = 20 * time.Millisecond // between two requests of a kind
	trafficTimeout = time.Minute
	steady         = 3 // successes in a row of every kind that make a recovery
)

// Traffic is a steady load through a gateway while parts of the lab fail. It
// keeps what became of each request, and which items were acknowledged.
type Traffic struct {
	gateway, prefix string
	client          *http.Client
	sending         sync.RWMutex // held for reading by each request

	mu      sync.Mutex
	number  int             // of the newest item
	created map[string]bool // names of the items that were sent, and whether they were acknowledged
	tally   Tally
	bad     []Failure
	streaks map[string]streak // since the start of the wait for a recovery
	since   time.Time
	healthy chan time.Time // has the time of the recovery, if one is waited for
}

// Tally is how many requests there were, by what became of them.
type Tally struct {
	Sent, OK int
	Refused  int // answered that the client shall try again, by Retry-After
	Failed   int // answered with another error
	Silent   int // without a reply
	Attempts int // on a connection: one for each request, and one for each time that the client repeated it
}

// Minus returns what has come since before.
func (t Tally) Minus(before Tally) Tally {
	return Tally{t.Sent - before.Sent, t.OK - before.OK, t.Refused - before.Refused, t.Failed - before.Failed, t.Silent - before.Silent, t.Attempts - before.Attempts}
}

// Plus returns both together.
func (t Tally) Plus(other Tally) Tally {
	return Tally{t.Sent + other.Sent, t.OK + other.OK, t.Refused + other.Refused, t.Failed + other.Failed, t.Silent + other.Silent, t.Attempts + other.Attempts}
}

// Failure is a request that did not succeed.
type Failure struct {
	Kind         string
	Began, Ended time.Time
	What         string
}

func (f Failure) String() string {
	return fmt.Sprintf("%s, %s to %s: %s", f.Kind, f.Began.Format("05.000"), f.Ended.Format("05.000"), f.What)
}

// streak is a row of successes of one kind.
type streak struct {
	length int
	at     time.Time // of its first success
}

// NewTraffic returns traffic through the gateway with that base URL. No other
// item may have a name with the prefix.
func NewTraffic(gateway, prefix string) *Traffic {
	return &Traffic{
		gateway: gateway, prefix: prefix, created: map[string]bool{},
		client: &http.Client{Timeout: trafficTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: len(TrafficKinds())}},
	}
}

// Run sends requests of every kind, one of each at a time, until ctx ends, then
// returns when all have been answered.
func (t *Traffic) Run(ctx context.Context) {
	defer t.client.CloseIdleConnections()
	var all sync.WaitGroup
	for _, kind := range TrafficKinds() {
		all.Go(func() {
			for ctx.Err() == nil {
				t.send(context.WithoutCancel(ctx), kind)
				select {
				case <-ctx.Done():
				case <-time.After(trafficPause):
				}
			}
		})
	}
	all.Wait()
}

// Still calls look while no request is in progress.
func (t *Traffic) Still(look func()) {
	t.sending.Lock()
	defer t.sending.Unlock()
	look()
}

// Tally returns the counts so far.
func (t *Traffic) Tally() Tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tally
}

// Failures returns the requests that began after from, had ended by to and did
// not succeed.
func (t *Traffic) Failures(from, to time.Time) []Failure {
	t.mu.Lock()
	defer t.mu.Unlock()
	var between []Failure
	for _, f := range t.bad {
		if f.Began.After(from) && f.Ended.Before(to) {
			between = append(between, f)
		}
	}
	return between
}

// Recovered waits until each kind of request has succeeded three times in a row
// after since, and returns when the slowest kind began to succeed.
func (t *Traffic) Recovered(ctx context.Context, since time.Time, within time.Duration) (time.Time, error) {
	healthy := make(chan time.Time, 1)
	t.mu.Lock()
	t.since, t.streaks, t.healthy = since, map[string]streak{}, healthy
	t.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	select {
	case at := <-healthy:
		return at, nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.healthy = nil
	newest := "no failure is known"
	if len(t.bad) > 0 {
		newest = t.bad[len(t.bad)-1].String()
	}
	return time.Time{}, fmt.Errorf("not recovered within %v: successes in a row %v; the newest failure: %s", within, t.streaks, newest)
}

func (t *Traffic) send(ctx context.Context, kind string) {
	t.sending.RLock()
	defer t.sending.RUnlock()
	request, name, err := t.request(httptrace.WithClientTrace(ctx, t.counting()), kind)
	began := time.Now()
	var response *http.Response
	if err == nil {
		response, err = t.client.Do(request)
	}
	what := ""
	result := func(tally *Tally) *int { return &tally.OK }
	if err == nil {
		var body []byte
		body, err = io.ReadAll(io.LimitReader(response.Body, maxReply))
		_ = response.Body.Close() // it has been read
		want := http.StatusOK
		if name != "" {
			want = http.StatusCreated
		}
		if err == nil && response.StatusCode != want {
			what = fmt.Sprintf("%s %.200s", response.Status, body)
			result = func(tally *Tally) *int { return &tally.Failed }
			if response.Header.Get("Retry-After") != "" {
				result = func(tally *Tally) *int { return &tally.Refused }
			}
		}
	}
	if err != nil {
		what = err.Error()
		result = func(tally *Tally) *int { return &tally.Silent }
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tally.Sent++
	*result(&t.tally)++
	if what != "" {
		t.bad = append(t.bad, Failure{Kind: kind, Began: began, Ended: time.Now(), What: what})
	} else if name != "" {
		t.created[name] = true
	}
	t.follow(kind, began, what == "")
}

// counting counts a request each time it gets a connection: Go's client repeats
// one that can be repeated if a connection that was used before is lost. It is
// the last step of which Do does not return before it has been counted.
func (t *Traffic) counting() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.tally.Attempts++
	}}
}

// request makes the next one of a kind; name is that of the item that it creates.
func (t *Traffic) request(ctx context.Context, kind string) (_ *http.Request, name string, err error) {
	path := map[string]string{
		ReadIO: "/io/wait?ms=5", ReadCPU: "/cpu/spin?ms=0.1", ReadMixed: "/mixed/parallel?io_ms=5&cpu_ms=0.1", ReadItems: "/items?limit=1",
	}[kind]
	if path != "" {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.gateway+path, http.NoBody)
		return request, "", err
	}
	t.mu.Lock()
	t.number++
	name = fmt.Sprintf("%s%s %d", t.prefix, kind, t.number)
	t.created[name] = false
	t.mu.Unlock()
	request, err := t.creation(ctx, name)
	return request, name, err
}

func (t *Traffic) creation(ctx context.Context, name string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.gateway+"/items", strings.NewReader(`{"name":"`+name+`","quantity":1}`))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if t.isKeyed(name) {
		request.Header.Set("Idempotency-Key", `"`+name+`"`)
	}
	return request, nil
}

func (t *Traffic) isKeyed(name string) bool { return strings.HasPrefix(name, t.prefix+CreateKey) }

// follow looks for a recovery; t.mu is held.
func (t *Traffic) follow(kind string, began time.Time, ok bool) {
	if t.healthy == nil || began.Before(t.since) {
		return
	}
	s := t.streaks[kind]
	switch {
	case !ok:
		s = streak{}
	case s.length == 0:
		s = streak{1, time.Now()}
	default:
		s.length++
	}
	t.streaks[kind] = s
	slowest := t.since
	for _, kind := range TrafficKinds() {
		s := t.streaks[kind]
		if s.length < steady {
			return
		}
		if s.at.After(slowest) {
			slowest = s.at
		}
	}
	t.healthy <- slowest
	t.healthy = nil
}

// Move names another gateway of the same items. Call it while Run is not running.
func (t *Traffic) Move(gateway string) { t.gateway = gateway }

// CheckCreated repeats each keyed creation that was not acknowledged, then
// returns an error unless every acknowledged item is stored once, and no other
// item more than once. Call it after Run has returned.
func (t *Traffic) CheckCreated(ctx context.Context) (acknowledged int, err error) {
	for _, name := range slices.Sorted(maps.Keys(t.created)) {
		if t.created[name] || !t.isKeyed(name) {
			continue
		}
		request, err := t.creation(ctx, name)
		if err != nil {
			return 0, err
		}
		response, err := t.client.Do(request)
		if err != nil {
			return 0, fmt.Errorf("repeat %s: %w", name, err)
		}
		_ = response.Body.Close() // the status says it all
		if response.StatusCode != http.StatusCreated {
			return 0, fmt.Errorf("repeat %s: %s", name, response.Status)
		}
		t.created[name] = true
	}
	stored, err := storedItems(ctx, t.gateway, t.prefix)
	if err != nil {
		return 0, err
	}
	for name, known := range t.created {
		times := stored[name]
		if known {
			acknowledged++
		}
		if times > 1 || (known && times != 1) {
			return acknowledged, fmt.Errorf("item %q is stored %d times; acknowledged: %v", name, times, known)
		}
		delete(stored, name)
	}
	if len(stored) > 0 {
		return acknowledged, fmt.Errorf("items are stored that were never sent: %v", stored)
	}
	return acknowledged, nil
}

// storedItems counts the items whose names have the prefix, by name.
func storedItems(ctx context.Context, gateway, prefix string) (map[string]int, error) {
	stored := map[string]int{}
	for cursor := ""; ; {
		var page struct {
			Items []struct{ Name string }
			Next  string `json:"next_cursor"`
		}
		if err := Get(ctx, gateway+"/items?limit=500"+cursor, &page); err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			if strings.HasPrefix(item.Name, prefix) {
				stored[item.Name]++
			}
		}
		if page.Next == "" {
			return stored, nil
		}
		cursor = "&cursor=" + page.Next
	}
}
