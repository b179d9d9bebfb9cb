package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Control moves the simulated world and reads what was done to it.
type Control struct {
	// URL is the simulator's base URL.
	URL string
}

// Effect is one entry of the simulator's ledger.
type Effect struct {
	N      int       `json:"n"`
	At     time.Time `json:"at"`
	Vendor string    `json:"vendor"`
	Effect string    `json:"effect"`
	Detail Detail    `json:"detail"`
}

// Detail is what is known of an effect; which fields are set depends on it.
type Detail struct {
	Channel    string            `json:"channel"`
	User       string            `json:"user"`
	TS         string            `json:"ts"`
	ThreadTS   string            `json:"thread_ts"`
	Text       string            `json:"text"`
	Actions    []string          `json:"actions"`
	Blocks     []map[string]any  `json:"blocks"`
	Job        string            `json:"job"`
	Number     int               `json:"number"`
	ID         any               `json:"id"`
	Parameters map[string]string `json:"parameters"`
	Result     string            `json:"result"`
	Service    string            `json:"service"`
	Status     string            `json:"status"`
	StartsAt   time.Time         `json:"starts_at"`
	SentAt     time.Time         `json:"sent_at"`
	Key        string            `json:"key"`
	To         string            `json:"to"`
	From       string            `json:"from"`
	Body       string            `json:"body"`
	Subject    string            `json:"subject"`
	SID        string            `json:"sid"`
	Fields     map[string]any    `json:"fields"`
	Release    string            `json:"release"`
	Metadata   struct {
		Payload struct {
			Marker   string `json:"marker"`
			Incident string `json:"incident"`
		} `json:"event_payload"`
	} `json:"metadata"`
}

// Texts are the texts of a message's blocks, in order: what people read of it.
// Buttons are left out.
func (e Effect) Texts() (texts []string) {
	for _, block := range e.Detail.Blocks {
		texts = append(texts, textsIn(block)...)
	}
	return texts
}

func textsIn(value any) (texts []string) {
	switch v := value.(type) {
	case string:
		texts = append(texts, v)
	case map[string]any:
		if v["type"] == "button" {
			return nil
		}
		for _, key := range []string{"text", "fields", "elements"} {
			texts = append(texts, textsIn(v[key])...)
		}
	case []any:
		for _, inner := range v {
			texts = append(texts, textsIn(inner)...)
		}
	}
	return texts
}

// Ledger gives the effects after number n of a vendor and a kind, each of which
// may be empty to mean any, and waits a while for the first.
func (c Control) Ledger(ctx context.Context, n int, vendor, effect string, wait time.Duration) ([]Effect, error) {
	query := url.Values{
		"since": {strconv.Itoa(n)}, "vendor": {vendor}, "effect": {effect}, "wait": {wait.String()},
	}
	var found []Effect
	err := c.call(ctx, http.MethodGet, "/control/ledger?"+query.Encode(), nil, &found)
	return found, err
}

// Await waits until an effect after number n that fits is in the ledger, and gives it.
func (c Control) Await(ctx context.Context, n int, vendor, effect string, fits func(Effect) bool) (Effect, error) {
	for {
		found, err := c.Ledger(ctx, n, vendor, effect, 5*time.Second)
		if err != nil {
			return Effect{}, fmt.Errorf("wait for %s of %s: %w", effect, vendor, err)
		}
		for _, e := range found {
			if fits(e) {
				return e, nil
			}
			n = e.N
		}
	}
}

// Post moves the world: path is below /control or /shop.
func (c Control) Post(ctx context.Context, path string, body any) error {
	return c.call(ctx, http.MethodPost, path, body, nil)
}

// Ask moves the world and reads what came of it.
func (c Control) Ask(ctx context.Context, path string, body, into any) error {
	return c.call(ctx, http.MethodPost, path, body, into)
}

// Clicked is what the starter answered to a click.
type Clicked struct {
	Status int    `json:"status"`
	Body   string `json:"body"`
}

// Click presses a button of a message as a user would.
func (c Control) Click(ctx context.Context, channel, ts, action, user string) (Clicked, error) {
	var answer Clicked
	err := c.call(ctx, http.MethodPost, "/control/click",
		map[string]string{"channel": channel, "ts": ts, "action_id": action, "user": user}, &answer)
	return answer, err
}

// Slash types a slash command in a channel as a user would.
func (c Control) Slash(ctx context.Context, channel, user, text string) (Clicked, error) {
	var answer Clicked
	err := c.call(ctx, http.MethodPost, "/control/slash",
		map[string]string{"channel": channel, "command": "/lastgood", "text": text, "user": user}, &answer)
	return answer, err
}

// Submit sends the modal off that a user has open, with some of its fields filled in.
// Blocks and inputs go by the names of the fields.
func (c Control) Submit(ctx context.Context, user string, fields map[string]string) (Clicked, error) {
	values := map[string]map[string]string{}
	for name, value := range fields {
		values[name] = map[string]string{name: value}
	}
	var answer Clicked
	err := c.call(ctx, http.MethodPost, "/control/submit", map[string]any{"user": user, "values": values}, &answer)
	return answer, err
}

func (c Control) call(ctx context.Context, method, path string, body, into any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write the body of %s: %w", path, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("make the call %s: %w", path, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("call %s: %w", path, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return fmt.Errorf("call %s: %s: %s", path, response.Status, bytes.TrimSpace(answer))
	}
	if into == nil || len(answer) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("read the answer of %s: %w", path, err)
	}
	return nil
}
