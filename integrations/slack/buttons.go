package slack

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/slack-go/slack"

	"github.com/seed-44180607/lastgood/incident"
)

// buttons are the decisions, each made for this incident and no other. Slack wants
// an action ID once in a block, so the first of its kind stands.
func buttons(c incident.Card) []slack.Block {
	var elements []slack.BlockElement
	seen, room := map[string]bool{}, maxActions
	for _, b := range c.Buttons {
		value := valueOf(c, b)
		if b.Action == "" || seen[b.Action] || units(value) > maxValue || len(elements) == maxButtons {
			continue
		}
		one := button(b, value)
		if room -= weight(one); room < 0 {
			break
		}
		seen[b.Action] = true
		elements = append(elements, one)
	}
	if len(elements) == 0 {
		return nil
	}
	return []slack.Block{slack.NewActionBlock("", elements...)}
}

func button(b incident.Button, value string) *slack.ButtonBlockElement {
	if b.Text == "" {
		b.Text = b.Action
	}
	out := slack.NewButtonBlockElement(b.Action, value, label(b.Text, maxButton))
	style := slack.Style(b.Style)
	if style == slack.StylePrimary || style == slack.StyleDanger {
		out.WithStyle(style)
	}
	if b.Confirm == "" {
		return out
	}
	confirm := slack.NewConfirmationBlockObject(label(b.Text, maxConfirmTitle), label(b.Confirm, maxConfirmText),
		label(b.Text, maxConfirmLabel), label("No", maxConfirmLabel))
	if style == slack.StyleDanger {
		confirm.WithStyle(style)
	}
	return out.WithConfirm(confirm)
}

// valueOf is what comes back with a click.
func valueOf(c incident.Card, b incident.Button) string {
	var value bytes.Buffer
	encoder := json.NewEncoder(&value)
	encoder.SetEscapeHTML(false)
	// Three strings can always be encoded.
	_ = encoder.Encode(target{Incident: c.Incident, Workflow: c.Workflow, Release: b.Release})
	return strings.TrimSpace(value.String())
}
