package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"time"

	"loadlab/internal/env"
	"loadlab/internal/httpjson"
	"loadlab/internal/supervise"
	"loadlab/internal/web/semantics"
)

// control is what commands ask of a running lab. The console in front of it
// checks where a request comes from.
func (l *running) control() http.Handler {
	mux := semantics.NewMux()
	mux.HandleFunc("POST /api/v1/restart/{service}", func(w http.ResponseWriter, r *http.Request) {
		err := l.restart(r.Context(), r.PathValue("service"))
		switch {
		case err == nil:
			w.WriteHeader(http.StatusNoContent)
		case errors.Is(err, supervise.ErrUnknown):
			httpjson.Problem(w, http.StatusNotFound, err.Error())
		default:
			httpjson.Problem(w, http.StatusGatewayTimeout, err.Error())
		}
	})
	return mux
}

// restart restarts the process of a service, and returns when it is ready.
func (l *running) restart(ctx context.Context, service string) error {
	for _, members := range l.serviceGroups() {
		if slices.Contains(namesOf(members), service) {
			return l.supervisor.Restart(ctx, processName(members))
		}
	}
	return fmt.Errorf("%w: %s", supervise.ErrUnknown, service)
}

// answerWithin bounds one request to the console, which itself answers a restart
// within half a minute.
const answerWithin = 40 * time.Second

// restart is the command: it asks the console of the lab at CONSOLE_PORT.
func restart(ctx context.Context, with Environment, names []string) error {
	if err := unknownServices("restart", names); err != nil {
		return err
	}
	if len(names) == 0 {
		return &usageError{"restart needs the name of a service"}
	}
	var cfg Config
	if err := env.Parse(with.Getenv, &cfg); err != nil {
		return err
	}
	if cfg.Console == 0 {
		return &usageError{"CONSOLE_PORT is 0: set it to the port at which the lab that runs has its console"}
	}
	page := &consoleClient{base: "http://" + loopback(cfg.Console)}
	if err := page.open(ctx); err != nil {
		return fmt.Errorf("no lab answers at %s: %w; CONSOLE_PORT says where its console is", page.base, err)
	}
	for _, name := range names {
		began := time.Now()
		if _, err := page.do(ctx, http.MethodPost, "/lab/api/v1/restart/"+name); err != nil {
			return fmt.Errorf("restart %s: %w", name, err)
		}
		fmt.Fprintf(with.Stdout, "%-10s | ready again after %v\n", name, time.Since(began).Round(time.Millisecond))
	}
	return nil
}

// consoleClient makes changes as the console's page does.
type consoleClient struct {
	base  string
	http  http.Client
	token string
}

// open gets the token and the cookie that a change needs.
func (c *consoleClient) open(ctx context.Context) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	c.http = http.Client{Jar: jar, Timeout: answerWithin}
	body, err := c.do(ctx, http.MethodGet, "/config.json")
	if err != nil {
		return err
	}
	var settings struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(body, &settings); err != nil || settings.Token == "" {
		return errors.New("what answers there is no console of a lab")
	}
	c.token = settings.Token
	return nil
}

// maxConsoleAnswer bounds what is read of an answer, in bytes.
const maxConsoleAnswer = 1 << 20

// do sends one request. A status other than of a success is an error with the detail of its problem.
func (c *consoleClient) do(ctx context.Context, method, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Loadlab-Token", c.token)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxConsoleAnswer))
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		var problem struct {
			Detail string `json:"detail"`
		}
		_ = json.Unmarshal(body, &problem) // without a detail the status has to do
		return nil, fmt.Errorf("%s %s", response.Status, problem.Detail)
	}
	return body, nil
}
