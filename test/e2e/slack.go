package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/local"
)

// Place is where messages are read: a channel, or one person's direct messages.
type Place struct {
	h  *Harness
	id string
}

// Slack looks at a channel, or at the direct messages of a user.
func (h *Harness) Slack(id string) Place { return Place{h, id} }

// Message is a message as it was posted.
type Message struct {
	h *Harness
	local.Effect
}

func (p Place) holds(e local.Effect) bool {
	return e.Detail.Channel == p.id || (e.Detail.User == p.id && strings.HasPrefix(p.id, "U"))
}

// ExpectMessage waits for the next message that holds all of the texts, outside
// of threads.
func (p Place) ExpectMessage(texts ...string) *Message {
	p.h.t.Helper()
	found := p.h.expect("slack", "message", "a message to "+p.id+" with "+strings.Join(texts, ", "), func(e local.Effect) bool {
		return p.holds(e) && e.Detail.ThreadTS == "" && hasAll(e.Detail.Text, texts)
	})
	return &Message{p.h, found}
}

func hasAll(text string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}

// Incident is the IncidentId that the message is about.
func (m *Message) Incident() string { return m.Detail.Metadata.Payload.Incident }

// ExpectButton waits until the message has a button: they come with the facts.
func (m *Message) ExpectButton(action string) *Message {
	m.h.t.Helper()
	m.h.until("a button "+action+" on "+m.Detail.Text, func() bool { return m.button(action) != nil })
	return m
}

// button is the newest button of that kind that the message has had.
func (m *Message) button(action string) map[string]any {
	all, err := m.h.control.Ledger(m.h.t.Context(), 0, "slack", "", 0)
	require.NoError(m.h.t, err)
	for _, e := range slices.Backward(all) {
		if e.Detail.TS != m.Detail.TS {
			continue
		}
		if button := buttonIn(e.Detail.Blocks, action); button != nil {
			return button
		}
	}
	return nil
}

func buttonIn(blocks []map[string]any, action string) map[string]any {
	for _, block := range blocks {
		elements, _ := block["elements"].([]any)
		for _, element := range elements {
			if button, ok := element.(map[string]any); ok && button["action_id"] == action {
				return button
			}
		}
	}
	return nil
}

// Click is a click that the starter has taken.
type Click struct {
	h    *Harness
	user string
}

// Click presses a button that the message has now. The starter must take it.
func (m *Message) Click(action, user string) *Click {
	m.h.t.Helper()
	m.ExpectButton(action)
	answer, err := m.h.control.Click(m.h.t.Context(), m.Detail.Channel, m.Detail.TS, action, user)
	require.NoError(m.h.t, err)
	require.Equal(m.h.t, http.StatusOK, answer.Status, "click %s: %s", action, answer.Body)
	return &Click{m.h, user}
}

// ClickStale presses a button that the message had at some time: a screen that
// was not refreshed still shows it.
func (m *Message) ClickStale(action, user string) *Click {
	m.h.t.Helper()
	at := time.Now()
	answer := m.h.Interact(m.Payload(action, user, at), at)
	require.Equal(m.h.t, http.StatusOK, answer.Status, "click %s: %s", action, answer.Body)
	return &Click{m.h, user}
}

// Payload is what Slack sends when a user presses a button that the message has,
// or had.
func (m *Message) Payload(action, user string, at time.Time) []byte {
	m.h.t.Helper()
	button := m.button(action)
	require.NotNil(m.h.t, button, "the message never had a button %s", action)
	payload, err := json.Marshal(map[string]any{
		"type": "block_actions", "user": map[string]any{"id": user},
		"container": map[string]any{"message_ts": m.Detail.TS, "channel_id": m.Detail.Channel},
		"channel":   map[string]any{"id": m.Detail.Channel}, "message": map[string]any{"ts": m.Detail.TS},
		"actions": []any{map[string]any{"action_id": action, "value": button["value"], "action_ts": slackTime(at)}},
	})
	require.NoError(m.h.t, err)
	return payload
}

// Told waits for the private word that the clicker gets.
func (c *Click) Told(texts ...string) {
	c.h.t.Helper()
	c.h.expect("slack", "ephemeral", "a private word to "+c.user+" with "+strings.Join(texts, ", "), func(e local.Effect) bool {
		return e.Detail.User == c.user && hasAll(e.Detail.Text, texts)
	})
}
