package slack_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/slack"
)

// shownForm is the view that Slack is asked to show, as JSON.
func shownForm(t *testing.T, f incident.Form) string {
	t.Helper()
	var sent struct {
		Trigger string          `json:"trigger_id"`
		View    json.RawMessage `json:"view"`
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || r.URL.Path != "/views.open" {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":true,"view":{"id":"V1"}}`)
	}))
	t.Cleanup(server.Close)
	require.NoError(t, slack.New(slack.Config{Token: token, APIURL: server.URL}).Ask(t.Context(), f))
	require.Equal(t, f.Trigger, sent.Trigger)
	return string(sent.View)
}

func TestTheFormAsksForAllThatAnIncidentNeeds(t *testing.T) {
	require.JSONEq(t, `{
		"type": "modal", "callback_id": "declare", "private_metadata": "{\"at\":\"2026-11-23T02:00:00Z\"}",
		"title": {"type": "plain_text", "text": "Declare an incident", "emoji": false},
		"submit": {"type": "plain_text", "text": "Declare", "emoji": false},
		"close": {"type": "plain_text", "text": "Cancel", "emoji": false},
		"blocks": [
			{"type": "input", "block_id": "service", "label": {"type": "plain_text", "text": "Service", "emoji": false}, "element": {
				"type": "static_select", "action_id": "service", "placeholder": {"type": "plain_text", "text": "Choose a service", "emoji": false},
				"options": [
					{"text": {"type": "plain_text", "text": "cart", "emoji": false}, "value": "cart"},
					{"text": {"type": "plain_text", "text": "checkout", "emoji": false}, "value": "checkout"}
				],
				"initial_option": {"text": {"type": "plain_text", "text": "checkout", "emoji": false}, "value": "checkout"}
			}},
			{"type": "input", "block_id": "summary", "label": {"type": "plain_text", "text": "What is wrong?", "emoji": false}, "element": {
				"type": "plain_text_input", "action_id": "summary", "initial_value": "the <shop> is down", "max_length": 150
			}},
			{"type": "input", "block_id": "severity", "label": {"type": "plain_text", "text": "Severity", "emoji": false}, "element": {
				"type": "static_select", "action_id": "severity",
				"options": [
					{"text": {"type": "plain_text", "text": "SEV1", "emoji": false}, "value": "SEV1"},
					{"text": {"type": "plain_text", "text": "SEV2", "emoji": false}, "value": "SEV2"},
					{"text": {"type": "plain_text", "text": "SEV3", "emoji": false}, "value": "SEV3"},
					{"text": {"type": "plain_text", "text": "SEV4", "emoji": false}, "value": "SEV4"}
				],
				"initial_option": {"text": {"type": "plain_text", "text": "SEV2", "emoji": false}, "value": "SEV2"}
			}},
			{"type": "input", "block_id": "description", "optional": true, "label": {"type": "plain_text", "text": "What else is known?", "emoji": false}, "element": {
				"type": "plain_text_input", "action_id": "description", "multiline": true, "max_length": 1000
			}},
			{"type": "context", "elements": [{"type": "mrkdwn", "text": "Whoever is on call for the service is paged at once.", "verbatim": true}]}
		]
	}`, shownForm(t, incident.Form{
		Trigger: "1.2", Services: []string{"cart", "checkout"}, Service: "checkout", Summary: "the <shop>\nis down",
		At: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC),
	}))
}

func TestManyServicesAreListedInGroupsAndVeryManyAreTyped(t *testing.T) {
	for n, want := range map[int][2]int{100: {100, 0}, 101: {0, 2}, 1000: {0, 10}, 1001: {0, 0}} {
		f := incident.Form{Trigger: "1.2"}
		for i := range n {
			f.Services = append(f.Services, fmt.Sprintf("s%04d-%s", i, strings.Repeat("x", 94)))
		}
		view := shownForm(t, f)
		require.Less(t, len(view), 250_000)
		var got struct {
			Blocks []struct {
				Element struct {
					Type    string
					Options []struct{ Text struct{ Text string } }
					Groups  []struct{ Options []any } `json:"option_groups"`
				}
			}
		}
		require.NoError(t, json.Unmarshal([]byte(view), &got))
		menu := got.Blocks[0].Element
		require.Equal(t, want, [2]int{len(menu.Options), len(menu.Groups)}, "%d services", n)
		require.Equal(t, n > 1000, menu.Type == "plain_text_input")
		for _, option := range menu.Options {
			require.LessOrEqual(t, len([]rune(option.Text.Text)), 75)
		}
	}
}

func TestAFormThatSlackRefusesIsAnError(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"ok":false,"error":"expired_trigger_id"}`)
	}))
	t.Cleanup(server.Close)
	err := slack.New(slack.Config{Token: token, APIURL: server.URL}).Ask(t.Context(), incident.Form{Trigger: "1.2", Services: []string{"a"}})
	require.ErrorContains(t, err, "expired_trigger_id")
}

const submitted = `{"type":"view_submission","user":{"id":"U0SRE1"},"view":{"id":"V0FORM","callback_id":"declare",
	"private_metadata":"{\"at\":\"2026-11-23T02:00:00Z\"}","state":{"values":{
	"service":{"service":{"type":"static_select","selected_option":{"value":"checkout"}}},
	"summary":{"summary":{"type":"plain_text_input","value":" the shop is down "}},
	"severity":{"severity":{"type":"static_select","selected_option":{"value":"SEV1"}}},
	"description":{"description":{"type":"plain_text_input","value":null}}}}}}`

func TestAFilledInFormIsADeclaration(t *testing.T) {
	got, ok, err := slack.DecodeDeclaration(body(submitted))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, incident.Declaration{
		ID: "V0FORM", User: "U0SRE1", Service: "checkout", Summary: "the shop is down", Severity: incident.SEV1,
		At: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC),
	}, got)
	_, click, err := slack.Decode(body(submitted))
	require.NoError(t, err)
	require.False(t, click)
}

func TestATypedServiceIsRead(t *testing.T) {
	typed := strings.Replace(submitted, `{"type":"static_select","selected_option":{"value":"checkout"}}`, `{"type":"plain_text_input","value":"cart"}`, 1)
	got, _, err := slack.DecodeDeclaration(body(typed))
	require.NoError(t, err)
	require.Equal(t, "cart", got.Service)
}

func TestWhatIsNoFormOfOursIsLeftAlone(t *testing.T) {
	for _, other := range []string{
		`{"type":"block_actions"}`,
		`{"type":"view_closed","view":{"callback_id":"declare"}}`,
		strings.Replace(submitted, `"callback_id":"declare"`, `"callback_id":"choose-release"`, 1),
	} {
		_, ok, err := slack.DecodeDeclaration(body(other))
		require.NoError(t, err)
		require.False(t, ok)
	}
}

func TestAFormThatIsNotWholeIsRefused(t *testing.T) {
	for _, c := range [][3]string{
		{`"V0FORM"`, `""`, "names no view or no user"},
		{`"U0SRE1"`, `""`, "names no view or no user"},
		{`{\"at\":\"2026-11-23T02:00:00Z\"}`, ``, "when it was asked for"},
		{`2026-11-23T02:00:00Z`, `yesterday`, "when it was asked for"},
	} {
		require.Contains(t, submitted, c[0])
		_, ok, err := slack.DecodeDeclaration(body(strings.Replace(submitted, c[0], c[1], 1)))
		require.ErrorContains(t, err, c[2])
		require.False(t, ok)
	}
}

func TestTheAnswerToAFormHidesNoMarkup(t *testing.T) {
	d := incident.Declaration{Service: "<!channel>", Summary: "<https://evil.example|x> & y", Severity: incident.SEV1}
	answer, err := json.Marshal(slack.Declared(d, "C0CHECKOUT"))
	require.NoError(t, err)
	var got struct {
		Action string `json:"response_action"`
		View   struct {
			Type   string
			Submit any
			Blocks []struct{ Text struct{ Text string } }
		}
	}
	require.NoError(t, json.Unmarshal(answer, &got))
	require.Equal(t, "update", got.Action)
	require.Equal(t, "modal", got.View.Type)
	require.Nil(t, got.View.Submit)
	require.Equal(t, "*SEV1 · &lt;!channel&gt;*\n&lt;https://evil.example|x&gt; &amp; y", got.View.Blocks[0].Text.Text)
	require.Contains(t, got.View.Blocks[1].Text.Text, "in <#C0CHECKOUT>.")

	answer, err = json.Marshal(slack.Declared(d, "<!channel>"))
	require.NoError(t, err)
	require.Contains(t, string(answer), "in the channel of the service.")
}

func FuzzDecodeDeclaration(f *testing.F) {
	f.Add(submitted)
	f.Add(`{"type":"view_submission","view":{"callback_id":"declare","private_metadata":"{\"at\":4}","state":{"values":{"service":null}}}}`)
	f.Add(strings.Replace(submitted, `"checkout"`, `{"a":[1]}`, 1))
	f.Fuzz(func(t *testing.T, payload string) {
		d, ok, err := slack.DecodeDeclaration(body(payload))
		if !ok {
			require.Zero(t, d)
			return
		}
		require.NoError(t, err)
		require.NotEmpty(t, d.ID)
		require.NotEmpty(t, d.User)
		require.False(t, d.At.IsZero())
		_, err = json.Marshal(d.Delivery("ana"))
		require.NoError(t, err)
	})
}
