package observe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
)

// Steer sends pause, resume or stop to the load generator of the console at base.
func Steer(ctx context.Context, base, command string) error {
	return Change(ctx, base, http.MethodPost, "/generator/api/v1/run/"+command, "")
}

// Change asks the console at base for a change as its page does: with the token
// and the cookie of /config.json. The body is JSON, or empty.
func Change(ctx context.Context, base, method, path, body string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	jar, err := cookiejar.New(nil)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	browser := &http.Client{Jar: jar}
	var settings struct{ Token string }
	text, err := send(ctx, browser, http.MethodGet, base+"/config.json", "", "")
	if err == nil {
		err = json.Unmarshal(text, &settings)
	}
	if err == nil {
		_, err = send(ctx, browser, method, base+path, body, settings.Token)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func send(ctx context.Context, browser *http.Client, method, url, body, token string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Loadlab-Token", token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := browser.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %.300s", response.Status, text)
	}
	return text, err
}
