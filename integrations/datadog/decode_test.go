package datadog_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/datadog"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/integrations/payload/payloadtest"
)

const template = "../../docs/examples/datadog-webhook.json"

// terms are those of a configuration that says nothing.
var terms = payload.Terms{Words: map[string]incident.Severity{
	"critical": incident.SEV1, "error": incident.SEV2, "warning": incident.SEV3, "info": incident.SEV4,
}}

func decode(body []byte) (incident.Delivery, error) { return datadog.Decode(body, terms) }

// The bodies are the template with the example values of
// https://docs.datadoghq.com/integrations/webhooks/#variables, and tags and titles in
// their form. `go test ./integrations/datadog -update` writes the deliveries anew.
func TestSavedBodiesBecomeTheDeliveriesBesideThem(t *testing.T) {
	payloadtest.Golden(t, "testdata", decode)
}

func FuzzDecode(f *testing.F) {
	unexpanded, err := os.ReadFile(template)
	require.NoError(f, err)
	payloadtest.Fuzz(f, "testdata", decode, string(unexpanded))
}

func TestTheTemplateHasEveryFieldThatIsReadAndNoOther(t *testing.T) {
	require.Equal(t, keys(t, read(t, "testdata/triggered.json")), keys(t, read(t, template)))
}

func TestEveryTransitionIsUnderstood(t *testing.T) {
	type state struct{ firing, blind bool }
	for word, want := range map[string]state{
		"Triggered": {true, false}, "Re-Triggered": {true, false}, "re-triggered": {true, false},
		"Warn": {true, false}, "Re-Warn": {true, false}, "Renotify": {true, false},
		"No Data": {true, true}, "Re-No Data": {true, true},
		"Recovered": {false, false}, "Warn Recovered": {false, false}, " Recovered ": {false, false},
	} {
		t.Run(word, func(t *testing.T) {
			a := alert(t, with("transition", word))
			require.Equal(t, want, state{a.Firing, a.Blind})
			require.Equal(t, want.firing, a.EndsAt.IsZero(), "an end has what is over")
		})
	}
}

func TestAllMessagesOfAMonitorAreOneGroupAndItsGroupIsTheAlert(t *testing.T) {
	var group, fingerprint string
	for _, name := range []string{"warn", "triggered", "no-data", "renotify", "recovered", "re-triggered"} {
		d, err := decode(read(t, "testdata/"+name+".json"))
		require.NoError(t, err)
		if group == "" {
			group, fingerprint = d.Group, d.Alerts[0].Fingerprint
		}
		require.Equal(t, group, d.Group)
		require.Equal(t, fingerprint, d.Alerts[0].Fingerprint)
	}
	other := alert(t, with("aggregate", "0000"))
	require.NotEqual(t, fingerprint, other.Fingerprint, "another group of the monitor is another alert")
}

func TestWhatAlertsAgainIsLaterAndWhatIsSentAgainIsNot(t *testing.T) {
	trigger, again := alert(t, string(read(t, "testdata/triggered.json"))), alert(t, string(read(t, "testdata/triggered.json")))
	require.Equal(t, trigger, again)
	late := alert(t, string(read(t, "testdata/renotify.json")))
	over := alert(t, string(read(t, "testdata/recovered.json")))
	require.True(t, over.StartsAt.After(late.StartsAt), "a reminder that comes late is older than the recovery")
	require.True(t, alert(t, string(read(t, "testdata/re-triggered.json"))).StartsAt.After(over.StartsAt))
}

func TestTheDateMayBeInMillisecondsOrSeconds(t *testing.T) {
	want := time.Date(2014, 7, 29, 19, 37, 52, 0, time.UTC)
	require.Equal(t, want, alert(t, with("date", "1406662672000")).StartsAt)
	require.Equal(t, want, alert(t, with("date", "1406662672")).StartsAt)
}

func TestTagsBecomeLabelsAndThoseOfTheGroupHold(t *testing.T) {
	for tags, want := range map[string]map[string]string{
		"":                                  {"zone": "a"},
		"monitor, env:production,service:x": {"env": "production", "service": "x", "zone": "a"},
		"zone:b":                            {"zone": "a"},
		"service:a,service:b":               {"service": "a", "zone": "a"},
		"url:http://x:8080/y":               {"url": "http://x:8080/y", "zone": "a"},
		":x, ,,y:":                          {"y": "", "zone": "a"},
		"odd\u0000:v\u202ealue":             {"odd": "value", "zone": "a"},
	} {
		require.Equal(t, want, alert(t, with("scope", "zone:a", "tags", tags)).Labels, "%q", tags)
	}
}

func TestTheSeverityIsTheTagsElseThePrioritysElseTheTypes(t *testing.T) {
	for _, c := range []struct {
		tags, priority, kind string
		want                 incident.Severity
	}{
		{"severity:warning", "P1", "error", incident.SEV3},
		{"severity:odd", "P1", "error", incident.SEV1},
		{"", "P1", "error", incident.SEV1},
		{"", "p2", "", incident.SEV2},
		{"", "P3", "", incident.SEV3},
		{"", "P4", "", incident.SEV4},
		{"", "P5", "", incident.SEV4},
		{"", "", "warning", incident.SEV3},
		{"", "None", "info", incident.SEV4},
		{"", "", "", incident.SEV2},
	} {
		got := alert(t, with("tags", c.tags, "priority", c.priority, "type", c.kind))
		require.Equal(t, c.want, got.Severity, "%+v", c)
	}
}

func TestAConfiguredSeverityOfAPriorityHolds(t *testing.T) {
	mild := payload.Terms{Words: map[string]incident.Severity{"P1": incident.SEV4}}
	d, err := datadog.Decode([]byte(with("priority", "P1")), mild)
	require.NoError(t, err)
	require.Equal(t, incident.SEV4, d.Alerts[0].Severity)
}

func TestTheTitleIsWithoutWhatDatadogPutsBeforeIt(t *testing.T) {
	for title, want := range map[string]string{
		"[Triggered on {host:ip-012345}] Host is Down": "Host is Down",
		"[P2] [Re-No Data on {a:b}] Host is Down":      "Host is Down",
		"[Recovered] [eu] Host is Down":                "[eu] Host is Down",
		"[TEST] Host is Down":                          "[TEST] Host is Down",
		"[Triggered] ":                                 "monitor 1234",
		"":                                             "monitor 1234",
		"Two\nlines":                                   "Two lines",
	} {
		require.Equal(t, want, alert(t, with("title", title)).Title(), "%q", title)
	}
}

func TestWhatDatadogHasNotReplacedIsNamed(t *testing.T) {
	for field, variable := range map[string]string{
		"monitor": "$ALERT_ID", "aggregate": "$AGGREGATION_KEY", "transition": "$ALERT_TRANSITION", "date": "$DATE_POSIX",
		"tags": "$TAGS", "scope": "$TAGS[service]", "priority": "$ALERT_PRIORITY", "type": " $ALERT_TYPE",
	} {
		t.Run(field, func(t *testing.T) {
			_, err := decode([]byte(with(field, variable)))
			require.EqualError(t, err, fmt.Sprintf("%s is %q, which Datadog has not replaced: compare the webhook's payload with docs/examples/datadog-webhook.json", field, variable))
		})
	}
	_, err := decode(read(t, template))
	require.ErrorContains(t, err, `monitor is "$ALERT_ID", which Datadog has not replaced`)
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"no monitor":             {with("monitor", ""), "monitor is missing: it is $ALERT_ID"},
		"no group of it":         {with("aggregate", ""), "aggregate is missing"},
		"a key that is none":     {with("aggregate", "a\nb"), "aggregate is no fingerprint"},
		"a key that is too long": {with("aggregate", strings.Repeat("k", 200)), "aggregate is no fingerprint"},
		"no transition":          {with("transition", ""), `transition is "", not Triggered`},
		"an unknown transition":  {with("transition", "Muted"), `transition is "Muted", not Triggered`},
		"no date":                {with("date", ""), `date is "", not milliseconds since 1970`},
		"a date in words":        {with("date", "now"), `date is "now", not milliseconds since 1970`},
		"a date before 1970":     {with("date", "-5"), `date is "-5", not milliseconds`},
		"a date beyond time":     {with("date", "999999999999999999"), "after the year 9999"},
		"a number for text":      {`{"monitor": 1234}`, "monitor is a number at byte"},
		"Datadog's own payload":  {`{"id":"1","title":"x","body":"y","event_type":"query_alert_monitor"}`, "monitor is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode([]byte(c.body))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func alert(t *testing.T, body string) incident.Alert {
	t.Helper()
	d, err := decode([]byte(body))
	require.NoError(t, err)
	payloadtest.Fit(t, d)
	return d.Alerts[0]
}

// with is a good body with other values in some fields: name, value, name, value.
func with(fields ...string) string {
	body := map[string]string{
		"monitor": "1234", "aggregate": "9bd4", "transition": "Triggered", "date": "1406662672000", "title": "Host is Down",
	}
	for i := 0; i < len(fields); i += 2 {
		body[fields[i]] = fields[i+1]
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func keys(t *testing.T, body []byte) []string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	var names []string
	for {
		token, err := decoder.Token()
		if err != nil {
			return names
		}
		if name, ok := token.(string); ok {
			names = append(names, name)
			_, err = decoder.Token()
			require.NoError(t, err)
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(name)
	require.NoError(t, err)
	return body
}
