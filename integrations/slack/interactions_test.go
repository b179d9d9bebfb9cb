package slack_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/slack"
)

const signingSecret = "8f742231b10e8888abcd99yyyzzz85a5"

// signed are the headers of a call that Slack signed at a time.
func signed(secret string, body string, at time.Time) http.Header {
	stamp := fmt.Sprint(at.Unix())
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	return http.Header{
		"X-Slack-Request-Timestamp": {stamp},
		"X-Slack-Signature":         {"v0=" + hex.EncodeToString(mac.Sum(nil))},
	}
}

// The example of Slack's own documentation.
func TestSlacksOwnExampleIsVerified(t *testing.T) {
	body := "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&" +
		"channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&" +
		"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&" +
		"trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	header := http.Header{}
	header.Set("X-Slack-Request-Timestamp", "1531420618")
	header.Set("X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503")
	require.NoError(t, slack.Verify(signingSecret, header, []byte(body), time.Unix(1531420618, 0)))
}

func TestOnlyAFreshAndTrueSignaturePasses(t *testing.T) {
	body := "payload=%7B%7D"
	without := func(name string) http.Header {
		h := signed(signingSecret, body, night)
		h.Del(name)
		return h
	}
	set := func(name, value string) http.Header {
		h := signed(signingSecret, body, night)
		h.Set(name, value)
		return h
	}
	tests := map[string]struct {
		secret string
		header http.Header
		body   string
		want   string
	}{
		"fresh":                     {signingSecret, signed(signingSecret, body, night), body, ""},
		"five minutes old":          {signingSecret, signed(signingSecret, body, night.Add(-5*time.Minute)), body, ""},
		"old":                       {signingSecret, signed(signingSecret, body, night.Add(-301*time.Second)), body, "too old"},
		"from the future":           {signingSecret, signed(signingSecret, body, night.Add(301*time.Second)), body, "too old"},
		"another secret":            {signingSecret, signed("another", body, night), body, "does not match"},
		"a changed body":            {signingSecret, signed(signingSecret, body, night), body + "&x=1", "does not match"},
		"a changed time":            {signingSecret, set("X-Slack-Request-Timestamp", fmt.Sprint(night.Unix()+1)), body, "does not match"},
		"no time":                   {signingSecret, without("X-Slack-Request-Timestamp"), body, "missing"},
		"no signature":              {signingSecret, without("X-Slack-Signature"), body, "missing"},
		"an unreadable time":        {signingSecret, set("X-Slack-Request-Timestamp", "now"), body, "cannot be read"},
		"the farthest time":         {signingSecret, set("X-Slack-Request-Timestamp", "-9223372036854775808"), body, "too old"},
		"no version":                {signingSecret, set("X-Slack-Signature", "00"), body, "does not match"},
		"no secret on our side":     {"", signed("", body, night), body, "no signing secret"},
		"a signature of no content": {signingSecret, signed(signingSecret, "", night), body, "does not match"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := slack.Verify(tt.secret, tt.header, []byte(tt.body), night)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
}

// clicked is a click on the card's roll-back button.
const clicked = `{"type":"block_actions","user":{"id":"U0SRE1","username":"egon","team_id":"T1"},"api_app_id":"A1",
 "container":{"type":"message","message_ts":"1548261231.000200","channel_id":"C1","is_ephemeral":false},
 "trigger_id":"12466734323.1395872398","team":{"id":"T1","domain":"acme"},"enterprise":null,"is_enterprise_install":false,
 "channel":{"id":"C1","name":"inc"},"message":{"type":"message","bot_id":"B1","ts":"1548261231.000200","text":"x","blocks":[]},
 "state":{"values":{}},"response_url":"https://hooks.slack.com/actions/T1/1/x",
 "actions":[{"action_id":"roll-back","block_id":"b1","text":{"type":"plain_text","text":"Roll back","emoji":true},
  "value":"{\"incident\":\"INC-1\",\"workflow\":\"incident/checkout/5f0c\",\"release\":\"2026.11.8\"}",
  "style":"danger","type":"button","action_ts":"1548426417.840180"}]}`

func body(payload string) []byte { return []byte("payload=" + url.QueryEscape(payload)) }

func TestAClickIsADecision(t *testing.T) {
	got, ok, err := slack.Decode(body(clicked))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, incident.Click{
		Workflow: "incident/checkout/5f0c", Signal: "roll-back", User: "U0SRE1",
		Decision: incident.Decision{
			ID:       "1548261231.000200/roll-back/U0SRE1/1548426417.840180",
			Incident: "INC-1", Via: "slack", Release: "2026.11.8",
			At:    time.Date(2019, 1, 25, 14, 26, 57, 840180000, time.UTC),
			Reply: &incident.Reply{Channel: "C1", User: "U0SRE1"},
		},
	}, got)
}

func TestAClickInAThreadIsAnsweredThere(t *testing.T) {
	got, ok, err := slack.Decode(body(strings.Replace(clicked, `"bot_id":"B1"`, `"thread_ts":"1548261000.000100"`, 1)))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "1548261000.000100", got.Decision.Reply.Thread)
}

func TestAPressedButtonComesBackAsItWasDrawn(t *testing.T) {
	c := card()
	blocks, _ := slack.Draw(incident.Message{Card: &c})
	for i, b := range buttonsOf(blocks) {
		value, err := json.Marshal(b.Value)
		require.NoError(t, err)
		got, ok, err := slack.Decode(body(fmt.Sprintf(`{"type":"block_actions","user":{"id":"U1"},`+
			`"container":{"message_ts":"1.2","channel_id":"C1"},"actions":[{"action_id":%q,"value":%s,"action_ts":"3.4"}]}`, b.ActionID, value)))
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, c.Buttons[i].Action, got.Signal)
		require.Equal(t, c.Workflow, got.Workflow)
		require.Equal(t, c.Incident, got.Decision.Incident)
		require.Equal(t, c.Buttons[i].Release, got.Decision.Release)
		require.Empty(t, got.Decision.By)
	}
}

func TestWhatAsksForNoDecisionIsOnlyAcknowledged(t *testing.T) {
	tests := map[string]string{
		"a link":                `{"type":"block_actions","actions":[{"action_id":"vXd1","value":"","action_ts":"1.2"}]}`,
		"an internal signal":    strings.Replace(clicked, `"roll-back"`, `"rollback-update"`, 1),
		"the signal of alerts":  strings.Replace(clicked, `"roll-back"`, `"alert"`, 1),
		"no action":             `{"type":"block_actions","actions":[]}`,
		"another interaction":   `{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1"}}`,
		"one of later versions": `{"type":"block_actions","user":7,"actions":"none"}`,
	}
	for name, payload := range tests {
		t.Run(name, func(t *testing.T) {
			_, ok, err := slack.Decode(body(payload))
			require.NoError(t, err)
			require.False(t, ok)
		})
	}
}

func TestAClickIsReadAlthoughOtherPartsAreStrange(t *testing.T) {
	strange := strings.NewReplacer(`"blocks":[]`, `"blocks":{"type":7}`, `"state":{"values":{}}`, `"state":[]`,
		`"enterprise":null`, `"enterprise":7`, `"bot_id":"B1"`, `"thread_ts":12`).Replace(clicked)
	got, ok, err := slack.Decode(body(strange))
	require.NoError(t, err)
	require.True(t, ok)
	require.Empty(t, got.Decision.Reply.Thread)
}

func TestAClickThatCannotBeCarriedOutIsAnError(t *testing.T) {
	tests := map[string]struct {
		body []byte
		want string
	}{
		"no form":         {[]byte("%zz"), "is no form"},
		"no payload":      {[]byte("x=1"), "has 0 payloads"},
		"two payloads":    {append(body(clicked), []byte("&payload=%7B%7D")...), "has 2 payloads"},
		"not JSON":        {body("hello"), "read the payload"},
		"trailing JSON":   {body(clicked + "{}"), "read the payload"},
		"too long":        {append(body(clicked), make([]byte, 1<<20)...), "longer than"},
		"an odd value":    {body(strings.Replace(clicked, `{\"incident\":\"INC-1\",`, "x", 1)), "read the value of the button roll-back"},
		"no incident":     {body(strings.Replace(clicked, "INC-1", "", 1)), "names no incident"},
		"no workflow":     {body(strings.Replace(clicked, "incident/checkout/5f0c", "", 1)), "names no workflow"},
		"no user":         {body(strings.Replace(clicked, `"id":"U0SRE1"`, `"id":""`, 1)), "names no user"},
		"no message":      {body(strings.Replace(clicked, `"message_ts":"1548261231.000200",`, "", 1)), "names no message"},
		"no channel":      {body(strings.Replace(strings.Replace(clicked, `"channel_id":"C1"`, `"x":1`, 1), `"channel":{"id":"C1"`, `"channel":{"x":1`, 1)), "names no channel"},
		"no time":         {body(strings.Replace(clicked, `"1548426417.840180"`, `""`, 1)), "is no time"},
		"an odd time":     {body(strings.Replace(clicked, `"1548426417.840180"`, `"1548426417.8x"`, 1)), "is no time"},
		"an endless time": {body(strings.Replace(clicked, `"1548426417.840180"`, `"99999999999999.1"`, 1)), "is no time"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, ok, err := slack.Decode(tt.body)
			require.ErrorContains(t, err, tt.want)
			require.False(t, ok)
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(body(clicked))
	f.Add(body(`{"type":"view_submission"}`))
	f.Add([]byte("payload=%7B%7D&payload="))
	f.Add([]byte("%zz"))
	f.Fuzz(func(t *testing.T, raw []byte) { decodes(t, raw) })
}

func FuzzDecodePayload(f *testing.F) {
	f.Add(clicked)
	f.Add(`{"type":"block_actions","actions":[null,{"action_id":"acknowledge"}]}`)
	f.Fuzz(func(t *testing.T, payload string) { decodes(t, body(payload)) })
}

// decodes demands that a click is whole, or none.
func decodes(t *testing.T, raw []byte) {
	t.Helper()
	got, ok, err := slack.Decode(raw)
	if !ok {
		require.Zero(t, got)
		return
	}
	require.NoError(t, err)
	require.NotEmpty(t, got.Workflow)
	require.NotEmpty(t, got.Signal)
	require.NotEmpty(t, got.User)
	require.NotEmpty(t, got.Decision.ID)
	require.NotEmpty(t, got.Decision.Incident)
	require.NotEmpty(t, got.Decision.Reply.Channel)
	_, err = json.Marshal(got.Decision)
	require.NoError(t, err)
}
