package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/incident"
)

const (
	// window is how far the time of a signature may be from ours, Slack's advice.
	window = 5 * time.Minute
	// maxInteraction is the longest interaction that is read, in bytes.
	maxInteraction = 1 << 20
)

// Verify checks the signature of a call from Slack over the raw body
// (https://docs.slack.dev/authentication/verifying-requests-from-slack). The same call
// passes again within five minutes: who carries out a decision looks at its ID.
func Verify(secret string, header http.Header, body []byte, now time.Time) error {
	stamp, signature := header.Get("X-Slack-Request-Timestamp"), header.Get("X-Slack-Signature")
	switch {
	case secret == "":
		return errors.New("no signing secret is configured")
	case stamp == "" || signature == "":
		return errors.New("the signature is missing")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errors.New("the time of the signature cannot be read")
	}
	if now.Sub(time.Unix(seconds, 0)).Abs() > window {
		return errors.New("the signature is too old, or the clocks differ by more than 5 min")
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	if !hmac.Equal([]byte("v0="+hex.EncodeToString(mac.Sum(nil))), []byte(signature)) {
		return errors.New("the signature does not match")
	}
	return nil
}

// decisions are the signals that a button may be made for.
var decisions = map[string]bool{
	"acknowledge": true, "escalate": true, "roll-back": true, "approve-rollback": true,
	"reject-rollback": true, "abort-rollback": true, "snooze": true,
	"assign": true, "add-responder": true, "add-note": true, "set-severity": true,
	"post-update": true, "resolve": true, "reopen": true,
}

// target is the value of a button: what it was made for.
type target struct {
	Incident string `json:"incident"`
	Workflow string `json:"workflow"`
	Release  string `json:"release,omitempty"`
}

// interaction is the part of Slack's payload that is needed.
type interaction struct {
	Type string `json:"type"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Container struct {
		MessageTS string `json:"message_ts"`
		ChannelID string `json:"channel_id"`
	} `json:"container"`
	Message struct {
		ThreadTS string `json:"thread_ts"`
	} `json:"message"`
	Actions []action `json:"actions"`
}

type action struct {
	ActionID string `json:"action_id"`
	Value    string `json:"value"`
	ActionTS string `json:"action_ts"`
}

// Decode reads the raw body of POST /slack/interactions. It says false, without an
// error, for what asks for no decision: links, other kinds of interaction, buttons
// of other versions. Who clicked is in Click.User; Decision.By is left empty.
func Decode(body []byte) (incident.Click, bool, error) {
	in, err := parse(body)
	if err != nil {
		return incident.Click{}, false, err
	}
	if in.Type != "block_actions" {
		return incident.Click{}, false, nil
	}
	for _, a := range in.Actions {
		if decisions[a.ActionID] {
			click, err := in.click(a)
			return click, err == nil, err
		}
	}
	return incident.Click{}, false, nil
}

func parse(body []byte) (interaction, error) {
	var in interaction
	payload, err := payloadOf(body)
	if err != nil {
		return in, err
	}
	if err := lenient(json.Unmarshal(payload, &in)); err != nil {
		return in, fmt.Errorf("read the payload of the interaction: %w", err)
	}
	return in, nil
}

// payloadOf is the JSON in the body of an interaction.
func payloadOf(body []byte) ([]byte, error) {
	if len(body) > maxInteraction {
		return nil, fmt.Errorf("the interaction is longer than %d bytes", maxInteraction)
	}
	// Only the signed body is read, never the query, which is not signed.
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("the interaction is no form")
	}
	if len(form["payload"]) != 1 {
		return nil, fmt.Errorf("the interaction has %d payloads, not one", len(form["payload"]))
	}
	return []byte(form.Get("payload")), nil
}

// click is the decision that an action stands for. Slack does not tell a double
// click from a single one; message, action, user and time together do.
func (in interaction) click(a action) (incident.Click, error) {
	var made target
	if err := json.Unmarshal([]byte(a.Value), &made); err != nil {
		return incident.Click{}, fmt.Errorf("read the value of the button %s: %w", a.ActionID, err)
	}
	at, err := instant(a.ActionTS)
	if err != nil {
		return incident.Click{}, fmt.Errorf("read the time of the click on %s: %w", a.ActionID, err)
	}
	channel := in.Container.ChannelID
	if channel == "" {
		channel = in.Channel.ID
	}
	for _, part := range []struct{ name, value string }{
		{"user", in.User.ID},
		{"channel", channel},
		{"message", in.Container.MessageTS},
		{"incident", made.Incident},
		{"workflow", made.Workflow},
	} {
		if part.value == "" {
			return incident.Click{}, fmt.Errorf("the click on %s names no %s", a.ActionID, part.name)
		}
	}
	return incident.Click{
		Workflow: made.Workflow, Signal: a.ActionID, User: in.User.ID,
		Decision: incident.Decision{
			ID:       strings.Join([]string{in.Container.MessageTS, a.ActionID, in.User.ID, a.ActionTS}, "/"),
			Incident: made.Incident, Via: vendor, At: at, Release: made.Release,
			// A message has a thread_ts when it is in a thread or has one. Slack shows
			// a private answer in a thread only if there is one already.
			Reply: &incident.Reply{Channel: channel, Thread: in.Message.ThreadTS, User: in.User.ID},
		},
	}, nil
}

// instant reads Slack's time: seconds since 1970, and six decimals.
func instant(ts string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseUint(whole, 10, 36)
	if err != nil {
		return time.Time{}, fmt.Errorf("%.40q is no time", ts)
	}
	micros, err := strconv.ParseUint((fraction + "000000")[:6], 10, 32)
	if err != nil {
		return time.Time{}, fmt.Errorf("%.40q is no time", ts)
	}
	return time.Unix(int64(seconds), int64(micros)*int64(time.Microsecond)).UTC(), nil
}
