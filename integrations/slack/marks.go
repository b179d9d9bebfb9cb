package slack

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/seed-44180607/lastgood/incident"
)

// metadata carries what a message is found again by. A merged page carries the
// marks of all that it stands for in one text: Slack bounds the metadata of a
// message, at about 8,000 characters, and documents no lists in it.
func metadata(m incident.Message) slack.SlackMetadata {
	payload := map[string]any{}
	switch {
	case len(m.Merged) > 0:
		marks := make([]string, len(m.Merged))
		for i, page := range m.Merged {
			marks[i] = mark(page.Marker)
		}
		payload["marks"] = strings.Join(marks, " ")
	default:
		payload["marker"] = m.Marker
		if m.Card != nil {
			payload["incident"] = m.Card.Incident
		}
	}
	return slack.SlackMetadata{EventType: eventType, EventPayload: payload}
}

// mark is a short form of a marker: 64 bits of it in 11 characters.
func mark(marker string) string {
	sum := sha256.Sum256([]byte(marker))
	return base64.RawURLEncoding.EncodeToString(sum[:8])
}

// message is what is read of one that lies in a conversation.
type message struct {
	TS       string `json:"ts"`
	Metadata struct {
		EventType string `json:"event_type"`
		Payload   struct {
			Marker string `json:"marker"`
			Marks  string `json:"marks"`
		} `json:"event_payload"`
	} `json:"metadata"`
}

// marked says whether the message stands for a marker, and with how many others.
func (m message) marked(marker string) (with int, yes bool) {
	if m.TS == "" || m.Metadata.EventType != eventType {
		return 0, false
	}
	marks := strings.Fields(m.Metadata.Payload.Marks)
	if slices.Contains(marks, mark(marker)) {
		return len(marks) - 1, true
	}
	return 0, m.Metadata.Payload.Marker == marker
}
