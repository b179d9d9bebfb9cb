package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/seed-44180607/lastgood/incident"
)

// declareForm is the callback ID of the form; its blocks and inputs are named after
// the fields of a declaration.
const declareForm = "declare"

// What Slack takes in a modal (https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element).
const (
	maxOptions     = 100
	maxOptionText  = 75
	maxOptionValue = 150
	// maxListed is how many services are listed to choose from: the view may have
	// 250 kB. Of more, the ID is typed.
	maxListed = 1000
)

// Ask shows the form to whoever caused the trigger. Slack takes a trigger for 3 s,
// and once.
func (c *Client) Ask(ctx context.Context, f incident.Form) error {
	got, err := c.api.OpenViewContext(ctx, f.Trigger, formOf(f))
	if err == nil && (got == nil || got.ID == "") {
		err = errNoMessage
	}
	if err != nil {
		return failure("open the form to declare an incident", err)
	}
	return nil
}

// kept is what the form itself brings back.
type kept struct {
	At time.Time `json:"at"`
}

func formOf(f incident.Form) slack.ModalViewRequest {
	// A time can always be encoded that is of our own clock.
	metadata, _ := json.Marshal(kept{f.At.UTC()})
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: declareForm, PrivateMetadata: string(metadata),
		Title: label("Declare an incident", 24), Submit: label("Declare", 24), Close: label("Cancel", 24),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			input("service", "Service", services(f)),
			input("summary", "What is wrong?", text("summary", f.Summary, incident.MaxDeclaredSummary)),
			input("severity", "Severity", severityMenu()),
			described(),
			aside("Whoever is on call for the service is paged at once."),
		}},
	}
}

func input(name, asks string, element slack.BlockElement) *slack.InputBlock {
	return slack.NewInputBlock(name, label(asks, 2000), nil, element)
}

func text(name, filled string, most int) *slack.PlainTextInputBlockElement {
	out := slack.NewPlainTextInputBlockElement(nil, name)
	out.InitialValue, out.MaxLength = plain(filled, most), most
	return out
}

func described() *slack.InputBlock {
	element := text("description", "", incident.MaxDeclaredDescription)
	element.Multiline = true
	return input("description", "What else is known?", element).WithOptional(true)
}

// services is a menu of all services, in groups where they are many.
func services(f incident.Form) slack.BlockElement {
	if len(f.Services) > maxListed {
		return text("service", f.Service, maxOptionValue)
	}
	menu := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: "service", Placeholder: label("Choose a service", maxOptionText)}
	options := make([]*slack.OptionBlockObject, len(f.Services))
	for i, id := range f.Services {
		options[i] = option(id)
		if id == f.Service {
			menu.InitialOption = options[i]
		}
	}
	if len(options) <= maxOptions {
		menu.Options = options
		return menu
	}
	for len(options) > 0 {
		some := options[:min(len(options), maxOptions)]
		options = options[len(some):]
		between := some[0].Text.Text + " to " + some[len(some)-1].Text.Text
		menu.OptionGroups = append(menu.OptionGroups, slack.NewOptionGroupBlockElement(label(between, maxOptionText), some...))
	}
	return menu
}

func option(id string) *slack.OptionBlockObject {
	return slack.NewOptionBlockObject(id, label(id, maxOptionText), nil)
}

func severityMenu() *slack.SelectBlockElement {
	menu := &slack.SelectBlockElement{Type: slack.OptTypeStatic, ActionID: "severity"}
	for _, s := range []incident.Severity{incident.SEV1, incident.SEV2, incident.SEV3, incident.SEV4} {
		menu.Options = append(menu.Options, option(string(s)))
		if s == incident.SEV2 {
			menu.InitialOption = menu.Options[len(menu.Options)-1]
		}
	}
	return menu
}

// submission is the part of a sent form that is needed.
type submission struct {
	Type string `json:"type"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	View struct {
		ID         string `json:"id"`
		CallbackID string `json:"callback_id"`
		Metadata   string `json:"private_metadata"`
		State      struct {
			Values map[string]map[string]answered `json:"values"`
		} `json:"state"`
	} `json:"view"`
}

type answered struct {
	Value    string `json:"value"`
	Selected struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// DecodeDeclaration reads the raw body of POST /slack/interactions. It says false,
// without an error, for what is no form that declares an incident.
func DecodeDeclaration(body []byte) (incident.Declaration, bool, error) {
	payload, err := payloadOf(body)
	if err != nil {
		return incident.Declaration{}, false, err
	}
	var sent submission
	if err := lenient(json.Unmarshal(payload, &sent)); err != nil {
		return incident.Declaration{}, false, fmt.Errorf("read the payload of the interaction: %w", err)
	}
	if sent.Type != "view_submission" || sent.View.CallbackID != declareForm {
		return incident.Declaration{}, false, nil
	}
	var back kept
	if err := json.Unmarshal([]byte(sent.View.Metadata), &back); err != nil || back.At.IsZero() {
		return incident.Declaration{}, false, errors.New("the form does not say when it was asked for")
	}
	if sent.View.ID == "" || sent.User.ID == "" {
		return incident.Declaration{}, false, errors.New("the form names no view or no user")
	}
	return incident.Declaration{
		ID: sent.View.ID, User: sent.User.ID, At: back.At.UTC(),
		Service: sent.answer("service"), Summary: sent.answer("summary"),
		Severity: incident.Severity(sent.answer("severity")), Description: sent.answer("description"),
	}, true, nil
}

// answer is what was typed or chosen in a field.
func (s submission) answer(field string) string {
	a := s.View.State.Values[field][field]
	if a.Selected.Value != "" {
		return a.Selected.Value
	}
	return strings.TrimSpace(strings.ToValidUTF8(a.Value, "\uFFFD"))
}

// Rejected makes the answer that keeps a form open, and shows what is wrong with its
// fields.
func Rejected(faults map[string]string) any {
	return struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
	}{"errors", faults}
}

// Declared makes the answer that puts in the form's place what becomes of it.
func Declared(d incident.Declaration, channel string) any {
	where := "Its card appears in the channel of the service."
	if channelID.MatchString(channel) {
		where = "Its card appears in <#" + channel + ">."
	}
	blocks := []slack.Block{
		section("*" + joined(escape(string(d.Severity), 20), escape(d.Service, 100)) + "*\n" + escape(d.Summary, 400)),
		section(where + " Whoever is on call is paged. It stays open until somebody resolves it."),
	}
	return struct {
		Action string                 `json:"response_action"`
		View   slack.ModalViewRequest `json:"view"`
	}{"update", slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: declareForm + "d",
		Title: label("Incident declared", 24), Close: label("Close", 24), Blocks: slack.Blocks{BlockSet: blocks},
	}}
}
