package alertmanager_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/alertmanager"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/integrations/payload/payloadtest"
)

var options = payload.Terms{
	Words:   map[string]incident.Severity{"critical": incident.SEV1, "warning": incident.SEV3},
	Default: incident.SEV2,
}

func decode(body []byte) (incident.Delivery, error) { return alertmanager.Decode(body, options) }

// The bodies were captured from Debian's Alertmanager 0.25 and from the notifier of
// 0.34.2: `make notifier` holds them to what both send now, and captures them anew.
// `go test ./integrations/alertmanager -update` writes the deliveries.
func TestSavedBodiesBecomeTheDeliveriesBesideThem(t *testing.T) {
	payloadtest.Golden(t, "testdata", decode)
}

func TestTheVersionsOfAlertmanagerSayTheSame(t *testing.T) {
	for _, name := range []string{"firing", "truncated", "bare", "hostile", "mixed", "resolved"} {
		old, err := decode(read(t, "testdata/0.25/"+name+".json"))
		require.NoError(t, err)
		recent, err := decode(read(t, "testdata/0.34/"+name+".json"))
		require.NoError(t, err)
		require.Equal(t, old, recent, name)
	}
}

func TestAGroupFiresUntilItsLastAlertHasResolved(t *testing.T) {
	for name, firing := range map[string][]bool{
		"firing": {true, true}, "truncated": {true}, "mixed": {true, false}, "resolved": {false},
	} {
		d, err := decode(read(t, "testdata/0.34/"+name+".json"))
		require.NoError(t, err)
		var got []bool
		for _, a := range d.Alerts {
			got = append(got, a.Firing)
		}
		require.Equal(t, firing, got, name)
		require.Equal(t, name != "resolved", d.Firing())
	}
}

func TestAFiringAlertHasNoEnd(t *testing.T) {
	body := with(`"endsAt":"0001-01-01T00:00:00Z"`, `"endsAt":"2026-11-23T23:22:25Z"`)
	got, err := alertmanager.Decode([]byte(body), options)
	require.NoError(t, err)
	require.Zero(t, got.Alerts[0].EndsAt)
}

func TestTheSeverityComesFromItsLabel(t *testing.T) {
	tests := map[string]struct {
		label   string
		options payload.Terms
		want    incident.Severity
	}{
		"mapped":                {"critical", options, incident.SEV1},
		"in other letters":      {"Critical ", options, incident.SEV1},
		"mapped as it is":       {"P1", payload.Terms{Words: map[string]incident.Severity{"P1": incident.SEV4}}, incident.SEV4},
		"not mapped":            {"page", options, incident.SEV2},
		"missing":               {"", options, incident.SEV2},
		"without any default":   {"page", payload.Terms{}, incident.SEV2},
		"with a milder default": {"page", payload.Terms{Default: incident.SEV4}, incident.SEV4},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			body := with(`"severity":"critical"`, fmt.Sprintf(`"severity":%q`, tt.label))
			got, err := alertmanager.Decode([]byte(body), tt.options)
			require.NoError(t, err)
			require.Equal(t, tt.want, got.Alerts[0].Severity)
		})
	}
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	tests := map[string]struct{ body, want string }{
		"nothing":            {"", "byte 0 is where the JSON breaks off"},
		"not JSON":           {"alert!", "byte 1 is where the JSON breaks off"},
		"an array":           {"[]", "the body is a array at byte 1, not an object"},
		"cut off":            {valid[:len(valid)-2], "is where the JSON breaks off"},
		"two bodies":         {valid + valid, fmt.Sprintf("byte %d is where", len(valid)+1)},
		"no group":           {with(`"groupKey":"g"`, `"x":1`), "groupKey is missing"},
		"a number for group": {with(`"groupKey":"g"`, `"groupKey":7`), "groupKey is a number at byte"},
		"no alerts":          {`{"status":"firing","groupKey":"g"}`, "alerts is missing or empty"},
		"empty alerts":       {`{"status":"firing","groupKey":"g","alerts":[]}`, "alerts is missing or empty"},
		"an alert that is null": {
			`{"status":"firing","groupKey":"g","alerts":[null]}`, `alerts[0].status is "", not firing or resolved`,
		},
		"an unknown status":           {with(`{"status":"firing"`, `{"status":"ok"`), `status is "ok", not firing or resolved`},
		"an unknown status of one":    {with(`[{"status":"firing"`, `[{"status":"suppressed"`), `alerts[0].status is "suppressed"`},
		"no fingerprint":              {with(`"fingerprint":"f1"`, `"x":1`), "alerts[0].fingerprint is missing"},
		"a fingerprint that is none":  {with(`"f1"`, `"`+strings.Repeat("f", 200)+`"`), "alerts[0].fingerprint is no fingerprint"},
		"no start":                    {with(`"startsAt":"2026-11-22T23:22:25Z"`, `"x":1`), "alerts[0].startsAt is missing"},
		"a start that is none":        {with(`"2026-11-22T23:22:25Z"`, `"yesterday"`), `alerts[0].startsAt is "yesterday", not a time`},
		"a start before all years":    {with(`"2026-11-22T23:22:25Z"`, `"0000-01-01T00:00:00+01:00"`), "alerts[0].startsAt is"},
		"an end that is none":         {with(`"0001-01-01T00:00:00Z"`, `"soon"`), `alerts[0].endsAt is "soon", not a time`},
		"a label that is a number":    {with(`"critical"`, `7`), "alerts.labels is a number at byte"},
		"annotations that are a list": {with(`"annotations":{}`, `"annotations":[]`), "alerts.annotations is a array at byte"},
		"a negative count":            {with(`"x":1`, `"truncatedAlerts":-1`), "truncatedAlerts is a number -1 at byte"},
		"a count that is a text":      {with(`"x":1`, `"truncatedAlerts":"5"`), ", not a whole number from 0 on"},
		"absurd nesting": {
			with(`"x":1`, `"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)), "is nested deeper than 32 levels",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := alertmanager.Decode([]byte(tt.body), options)
			require.ErrorContains(t, err, tt.want)
			var typed *payload.Error
			require.ErrorAs(t, err, &typed)
		})
	}
}

func TestBracketsInTextsAreNoNesting(t *testing.T) {
	body := with(`"annotations":{}`, `"annotations":{"summary":"`+strings.Repeat(`[\"{`, 50)+`"}`)
	got, err := alertmanager.Decode([]byte(body), options)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat(`["{`, 50), got.Alerts[0].Summary)
}

func TestTheSummaryIsTheFirstAnnotationThatSaysSomething(t *testing.T) {
	tests := map[string]struct{ annotations, want string }{
		"summary":     {`{"message":"m","description":"d","summary":"s"}`, "s"},
		"description": {`{"message":"m","description":"d","summary":" \n"}`, "d"},
		"message":     {`{"message":"m"}`, "m"},
		"none":        {`{}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := alertmanager.Decode([]byte(with(`"annotations":{}`, `"annotations":`+tt.annotations)), options)
			require.NoError(t, err)
			require.Equal(t, tt.want, got.Alerts[0].Summary)
		})
	}
}

func TestTextsAreBoundedAndWithoutControlCharacters(t *testing.T) {
	long := strings.Repeat("x", 5000)
	got, err := alertmanager.Decode([]byte(with(`"annotations":{}`,
		`"annotations":{"summary":"a\u0000b\u202ec\r\nd `+long+`"}`)), options)
	require.NoError(t, err)
	summary := got.Alerts[0].Summary
	require.True(t, strings.HasPrefix(summary, "abc  d xxx"))
	require.Equal(t, 500, utf8.RuneCountInString(summary))

	var sent []string
	for i := range 300 {
		sent = append(sent, fmt.Sprintf(`"l%03d":"%s"`, i, long[:600]))
	}
	got, err = alertmanager.Decode([]byte(with(`"severity":"critical"`, strings.Join(sent, ","))), options)
	require.NoError(t, err)
	require.Len(t, got.Alerts[0].Labels, 100)
	require.Equal(t, 500, utf8.RuneCountInString(got.Alerts[0].Labels["l000"]))
}

func TestAnAlertWithoutANameIsNamedByItsFingerprint(t *testing.T) {
	got, err := alertmanager.Decode([]byte(with(`"alertname":"A",`, "")), options)
	require.NoError(t, err)
	require.Equal(t, "alert f1", got.Alerts[0].Title())
}

func TestOnlyWebAddressesAreLinked(t *testing.T) {
	tests := map[string]string{
		"https://prometheus/graph?a=b":         "https://prometheus/graph?a=b",
		"http://u:p@prometheus/":               "http://prometheus/",
		"javascript:alert(1)":                  "",
		"file:///etc/passwd":                   "",
		"/graph":                               "",
		"http://" + strings.Repeat("x", 3000):  "",
		"http://x/" + strings.Repeat("é", 700): "", // 4,200 bytes, once it is escaped.
		"http://x/graph?a=\u0096b":             "",
		"http://x/graph?a=\u202eb":             "",
	}
	for address, want := range tests {
		body := with(`"generatorURL":""`, fmt.Sprintf(`"generatorURL":%q`, address))
		got, err := alertmanager.Decode([]byte(body), options)
		require.NoError(t, err)
		require.Equal(t, want, got.Alerts[0].URL)
	}
}

func TestALongGroupKeyKeepsItsIdentity(t *testing.T) {
	key := strings.Repeat("k", 5000)
	first, err := alertmanager.Decode([]byte(with(`"groupKey":"g"`, `"groupKey":"`+key+`"`)), options)
	require.NoError(t, err)
	other, err := alertmanager.Decode([]byte(with(`"groupKey":"g"`, `"groupKey":"`+key+`k"`)), options)
	require.NoError(t, err)
	require.Less(t, len(first.Group), 100)
	require.NotEqual(t, first.Group, other.Group)
}

func FuzzDecode(f *testing.F) { payloadtest.Fuzz(f, "testdata", decode, valid) }

// valid is the smallest call that is taken.
const valid = `{"status":"firing","groupKey":"g","x":1,"alerts":[{"status":"firing","labels":{"alertname":"A",` +
	`"severity":"critical"},"annotations":{},"startsAt":"2026-11-22T23:22:25Z","endsAt":"0001-01-01T00:00:00Z",` +
	`"generatorURL":"","fingerprint":"f1"}]}`

// with is the valid call with one thing changed.
func with(old, changed string) string {
	if !strings.Contains(valid, old) {
		panic("the valid call has no " + old)
	}
	return strings.Replace(valid, old, changed, 1)
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(name)
	require.NoError(t, err)
	return body
}
