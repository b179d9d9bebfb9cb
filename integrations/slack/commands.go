package slack

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/seed-44180607/lastgood/incident"
)

// mention is how Slack escapes the mention of a user, with or without a label
// (https://docs.slack.dev/interactivity/implementing-slash-commands).
var mention = regexp.MustCompile(`<@([A-Z0-9]+)(?:\|[^>]*)?>`)

// DecodeCommand reads the raw body of POST /slack/commands. The words are what was
// typed after the command's name; quotes, which Slack's clients bend, are left out.
func DecodeCommand(body []byte) (incident.Command, error) {
	if len(body) > maxInteraction {
		return incident.Command{}, fmt.Errorf("the command is longer than %d bytes", maxInteraction)
	}
	// Only the signed body is read, never the query, which is not signed.
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return incident.Command{}, errors.New("the command is no form")
	}
	for _, name := range []string{"command", "user_id", "trigger_id"} {
		if form.Get(name) == "" {
			return incident.Command{}, fmt.Errorf("the command has no %s", name)
		}
	}
	text := mention.ReplaceAllString(form.Get("text"), " @$1 ")
	return incident.Command{
		ID: form.Get("trigger_id"), User: form.Get("user_id"),
		Words: strings.Fields(unquoted.Replace(text)),
	}, nil
}

// unquoted takes the marks out that people put around words, and writes the
// escapes of Slack as what they stand for.
var unquoted = strings.NewReplacer(`"`, "", "“", "", "”", "", "`", "", "&lt;", "<", "&gt;", ">", "&amp;", "&")

// ephemeral is an answer that nobody sees but who typed the command.
type ephemeral struct {
	ResponseType string `json:"response_type"`
	Text         string `json:"text"`
}

// maxLeftOut is the room that is kept to say what does not fit.
const maxLeftOut = 60

// Ephemeral makes the answer to a slash command: each line is shown as it is, and
// nothing in it becomes a mention or a link. What does not fit is left out, and said.
func Ephemeral(lines []string) any {
	var shown []string
	left := maxSection - maxLeftOut
	for i, l := range lines {
		l = escape(l, left)
		if left -= units(l) + 1; left < 0 {
			shown = append(shown, fmt.Sprintf("… and %d more, too many for one message", len(lines)-i))
			break
		}
		shown = append(shown, l)
	}
	return ephemeral{ResponseType: "ephemeral", Text: strings.Join(shown, "\n")}
}
