package simulator

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// delivery is what became of an interaction. Status 0 is no answer in time.
type delivery struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
	Error  string `json:"error,omitempty"`
}

// interact brings a payload to the app.
func (s *Simulator) interact(ctx context.Context, payload map[string]any) delivery {
	form := url.Values{"payload": {string(encode(payload))}}
	return s.deliver(ctx, s.cfg.InteractionsURL, form, envelope{Type: "interactive", Payload: payload, Accepts: payload["view"] != nil})
}

// deliver hands something to the app once: over Socket Mode while the app has
// a connection, else as a signed POST. What is not answered in time is not
// sent again: the user sees an error and clicks again.
func (s *Simulator) deliver(ctx context.Context, address string, form url.Values, frame envelope) delivery {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.SlackAckWithin)
	defer cancel()
	if got, ok := s.sockets.send(ctx, frame); ok {
		return got
	}
	return s.post(ctx, address, form.Encode())
}

func (s *Simulator) post(ctx context.Context, address, form string) delivery {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form))
	if err != nil {
		return delivery{Error: fmt.Sprintf("make the request: %v", err)}
	}
	stamp := strconv.FormatInt(s.cfg.Now().Unix(), 10)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)")
	request.Header.Set("X-Slack-Request-Timestamp", stamp)
	request.Header.Set("X-Slack-Signature", sign(s.cfg.SlackSigningSecret, stamp, form))
	response, err := s.client.Do(request)
	if err != nil {
		return delivery{Error: fmt.Sprintf("deliver to the app: %v", err)}
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return delivery{Error: fmt.Sprintf("read the app's answer: %v", err)}
	}
	return delivery{Status: response.StatusCode, Body: string(body)}
}

// sign is version 0 of Slack's request signature.
func sign(secret, stamp, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}
