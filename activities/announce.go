package activities

import (
	"context"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/rest"
)

// Announcer keeps the incident's messages in the chat current.
type Announcer struct {
	Chat      Chat
	Whisperer Whisperer
}

// CardOrder is the card as it is to be shown, and where it lies already.
type CardOrder struct {
	Channel string           `json:"channel"`
	At      incident.Receipt `json:"at,omitzero"`
	Message incident.Message `json:"message"`
	Again   bool             `json:"again,omitempty"`
}

// ShowCard posts the card, or edits the one that is there. A card that somebody
// deleted is posted anew.
func (a *Announcer) ShowCard(ctx context.Context, o CardOrder) (incident.Receipt, error) {
	if a.Chat == nil {
		return incident.Receipt{}, off("Slack")
	}
	if o.At.TS == "" {
		return post(ctx, a.Chat, o.Channel, o.Message, o.Again)
	}
	err := a.Chat.Edit(ctx, o.At, o.Message)
	if rest.Is404(err) {
		return post(ctx, a.Chat, o.Channel, o.Message, true)
	}
	return o.At, later(err)
}

// SayOrder is a message to a channel, or into a thread of it.
type SayOrder struct {
	Channel string           `json:"channel"`
	Message incident.Message `json:"message"`
	Again   bool             `json:"again,omitempty"`
}

// Say posts a message once.
func (a *Announcer) Say(ctx context.Context, o SayOrder) (incident.Receipt, error) {
	return post(ctx, a.Chat, o.Channel, o.Message, o.Again)
}

// RefreshOrder is a delivered page as it is to look now.
type RefreshOrder struct {
	At      incident.Receipt `json:"at"`
	Message incident.Message `json:"message"`
}

// RefreshPage edits a delivered page, so that its buttons make sense. One that
// cannot be edited any more is left as it is.
func (a *Announcer) RefreshPage(ctx context.Context, o RefreshOrder) error {
	if a.Chat == nil {
		return off("Slack")
	}
	err := a.Chat.Edit(ctx, o.At, o.Message)
	if refused(err) {
		return nil // It can never be edited; those after it can.
	}
	return later(err)
}

// WhisperOrder is a private answer to one person.
type WhisperOrder struct {
	To   incident.Reply `json:"to"`
	Text string         `json:"text"`
}

// Whisper answers a person privately.
func (a *Announcer) Whisper(ctx context.Context, o WhisperOrder) error {
	if a.Whisperer == nil {
		return off("Slack")
	}
	return fail(a.Whisperer.Whisper(ctx, o.To, o.Text))
}
