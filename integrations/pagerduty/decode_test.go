package pagerduty_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/pagerduty"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/integrations/payload/payloadtest"
)

var terms = payload.Terms{
	Words: map[string]incident.Severity{"critical": incident.SEV1, "error": incident.SEV2, "warning": incident.SEV3, "info": incident.SEV4},
}

func TestTheDocumentedTriggerBecomesAnAlertWithoutAStart(t *testing.T) {
	got, err := pagerduty.Decode(read(t, "documented-trigger.json"), terms)
	require.NoError(t, err)
	require.Equal(t, pagerduty.Call{
		Key: "samplekeyhere", Client: "Sample Monitoring Service",
		Delivery: incident.Delivery{
			Source: "pagerduty", Group: "pagerduty/samplekeyhere", URL: "https://monitoring.example.com",
			Alerts: []incident.Alert{{
				Fingerprint: "samplekeyhere", Firing: true, Severity: incident.SEV4,
				Name: "deploy", Summary: "Example alert on host1.example.com", URL: "https://monitoring.example.com",
				Labels: map[string]string{
					"source":    "monitoringtool:cloudvendor:central-region-dc-01:852559987:cluster/api-stats-prod-003",
					"component": "postgres", "service": "postgres", "group": "prod-datapipe", "class": "deploy", "severity": "info",
					"client": "Sample Monitoring Service", "ping time": "1500ms", "load avg": "0.75",
				},
			}},
		},
	}, got)
}

func TestTheDocumentedAcknowledgeAndResolveNameTheirKeyOnly(t *testing.T) {
	got, err := pagerduty.Decode(read(t, "documented-acknowledge.json"), terms)
	require.NoError(t, err)
	require.True(t, got.Acknowledges)
	require.Equal(t, "pagerduty/dedupkeyhere", got.Delivery.Group)
	require.Equal(t, "dedupkeyhere", got.Delivery.Alerts[0].Fingerprint)

	got, err = pagerduty.Decode(read(t, "documented-resolve.json"), terms)
	require.NoError(t, err)
	require.Equal(t, "pagerduty/dedupkeyhere", got.Delivery.Group)
	require.Equal(t, []incident.Alert{{Fingerprint: "dedupkeyhere", Severity: incident.SEV2, Name: "alert dedupkeyhere"}}, got.Delivery.Alerts)
	require.False(t, got.Delivery.NeverResolves)
}

func TestWhatAlertmanagerSendsToPagerDutyIsOneAlertThatResolves(t *testing.T) {
	const key = "df94ece0c669619c0e1d4294c78ef7464c10ceb5250d9ccd0ef4efa1814127d6"
	fired, err := pagerduty.Decode(read(t, "alertmanager-0.25-trigger.json"), terms)
	require.NoError(t, err)
	require.Len(t, fired.Delivery.Alerts, 1)
	a := fired.Delivery.Alerts[0]
	require.Equal(t, []any{key, incident.SEV1, "HighErrors", "https://wiki.example.com/checkout"}, []any{a.Fingerprint, a.Severity, a.Name, a.Runbook})
	require.Equal(t, []string{"checkout", "production"}, []string{a.Labels["service"], a.Labels["env"]})

	resolved, err := pagerduty.Decode(read(t, "alertmanager-0.25-resolve.json"), terms)
	require.NoError(t, err)
	require.Equal(t, fired.Delivery.Group, resolved.Delivery.Group)
	require.Equal(t, key, resolved.Delivery.Alerts[0].Fingerprint)
	require.False(t, resolved.Delivery.Firing())
}

func TestATriggerWithoutAKeyIsGivenOneThatStaysTheSame(t *testing.T) {
	first := decoded(t, with(`"dedup_key":"k",`, ""))
	require.Len(t, first.Key, 32)
	require.True(t, first.Delivery.NeverResolves, "whoever gives no key does not come back with it")

	again := decoded(t, strings.Replace(with(`"dedup_key":"k",`, `"dedup_key":" ",`), `"severity"`, `"timestamp":"2026-11-23T12:00:00Z","custom_details":{"load":9},"severity"`, 1))
	require.Equal(t, first.Key, again.Key)
	for _, other := range []string{`"summary":"Disk is nearly full"`, `"summary":"Disk is full","class":"disk"`} {
		require.NotEqual(t, first.Key, decoded(t, strings.Replace(with(`"dedup_key":"k",`, ""), `"summary":"Disk is full"`, other, 1)).Key)
	}
	require.False(t, decoded(t, valid).Delivery.NeverResolves)
}

func TestTheServiceIsTheOneInTheDetailsOrElseTheComponent(t *testing.T) {
	for details, want := range map[string]string{
		``:                     "",
		`"component":"mysql",`: "mysql",
		`"component":"mysql","custom_details":{"service":"checkout"},`:       "checkout",
		`"component":"mysql","custom_details":{"service":["checkout"]},`:     "mysql",
		`"component":"mysql","custom_details":{"a":{"service":"checkout"}},`: "mysql",
	} {
		got := decoded(t, with(`"severity"`, details+`"severity"`))
		require.Equal(t, want, got.Delivery.Alerts[0].Labels["service"], details)
	}
}

func TestCustomDetailsOfAnyFormBecomeLabels(t *testing.T) {
	for details, want := range map[string]map[string]string{
		`{"disk":{"free":0,"path":"/var"},"ok":false,"tags":["a","b"],"none":null}`: {"disk.free": "0", "disk.path": "/var", "ok": "false"},
		`"all of it in one text"`:       {"custom_details": "all of it in one text"},
		`["a"]`:                         {},
		`null`:                          {},
		`{"source":"x","severity":"x"}`: {},
		`{"a\u0000b":"c\nd"}`:           {"ab": "c d"},
	} {
		want["source"], want["severity"] = "host-1", "error"
		got := decoded(t, with(`"severity"`, `"custom_details":`+details+`,"severity"`))
		require.Equal(t, want, got.Delivery.Alerts[0].Labels, details)
	}
}

func TestOfVeryManyDetailsTheFieldsOfPagerDutyAreKept(t *testing.T) {
	details := map[string]any{"service": "checkout"}
	for i := range 300 {
		details[fmt.Sprintf("detail-%03d", i)] = i
	}
	text, err := json.Marshal(details)
	require.NoError(t, err)
	got := decoded(t, with(`"severity"`, `"custom_details":`+string(text)+`,"severity"`))
	labels := got.Delivery.Alerts[0].Labels
	require.Len(t, labels, payload.MaxLabels)
	require.Equal(t, []string{"checkout", "host-1", "error"}, []string{labels["service"], labels["source"], labels["severity"]})
	fit(t, got.Delivery)
}

func TestALinkThatSaysRunbookIsTheRunbook(t *testing.T) {
	got := decoded(t, with(`"event_action"`, `"links":[{"href":"javascript:x","text":"x"},{"href":"https://m/1"},{"href":"https://wiki/1","text":"The Runbook"}],"event_action"`))
	require.Equal(t, "https://m/1", got.Delivery.Alerts[0].URL)
	require.Equal(t, "https://wiki/1", got.Delivery.Alerts[0].Runbook)
	decoded(t, with(`"event_action"`, `"links":"none","images":7,"event_action"`))
}

func TestWhatPagerDutyWouldRefuseIsRefused(t *testing.T) {
	tests := map[string]struct{ body, want string }{
		"nothing":             {"", "byte 0 is where the JSON breaks off"},
		"a list":              {"[]", "the body is a array at byte 1, not an object"},
		"two events":          {valid + valid, "is where the JSON breaks off"},
		"no action":           {with(`"event_action":"trigger"`, `"x":1`), "'event_action' is missing or blank"},
		"an unknown action":   {with(`"trigger"`, `"page"`), `'event_action' is "page" (must be one of the following`},
		"a number as action":  {with(`"trigger"`, `7`), "event_action is a number at byte"},
		"a number as key":     {with(`"k"`, `7`), "dedup_key is a number at byte"},
		"a long key":          {with(`"k"`, `"`+strings.Repeat("k", 256)+`"`), "'dedup_key' is too long (must be at most 255 characters)"},
		"no payload":          {`{"event_action":"trigger"}`, "'payload' is missing or blank"},
		"a text as payload":   {`{"event_action":"trigger","payload":"x"}`, "payload is a string at byte"},
		"no summary":          {with(`"summary":"Disk is full"`, `"x":1`), "'payload.summary' is missing or blank"},
		"a blank source":      {with(`"host-1"`, `" "`), "'payload.source' is missing or blank"},
		"no severity":         {with(`"severity":"error"`, `"x":1`), "'payload.severity' is missing or blank"},
		"an unknown severity": {with(`"error"`, `"Critical"`), `'payload.severity' is "Critical" (must be one of the following`},
		"resolve, no key":     {`{"event_action":"resolve"}`, "'dedup_key' is missing or blank"},
		"acknowledge, no key": {`{"event_action":"acknowledge","dedup_key":" "}`, "'dedup_key' is missing or blank"},
		"absurd nesting":      {with(`"severity"`, `"custom_details":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`,"severity"`), "is nested deeper than 32 levels"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := pagerduty.Decode([]byte(tt.body), terms)
			require.ErrorContains(t, err, tt.want)
			var typed *payload.Error
			require.ErrorAs(t, err, &typed)
		})
	}
}

func TestAKeyOf255CharactersIsTaken(t *testing.T) {
	got := decoded(t, with(`"k"`, `"`+strings.Repeat("ü", 255)+`"`))
	require.Equal(t, strings.Repeat("ü", 255), got.Key)
	require.Regexp(t, "^sha256:", got.Delivery.Alerts[0].Fingerprint)
}

func TestOnlyATokenAsRoutingKeyIsAdmitted(t *testing.T) {
	for body, want := range map[string]bool{
		`{"routing_key":"old-token"}`: true, `{"routing_key":"new-token"}`: true,
		`{"routing_key":"new-tok"}`: false, `{"routing_key":""}`: false, `{}`: false, `{"routing_key":["new-token"]}`: false, `new-token`: false, ``: false,
	} {
		require.Equal(t, want, pagerduty.Admit(http.Header{}, []byte(body), []string{"old-token", "new-token"}), body)
		require.False(t, pagerduty.Admit(http.Header{}, []byte(body), nil), body)
	}
}

func TestAnswersHaveTheShapeOfPagerDuty(t *testing.T) {
	for want, answer := range map[string]any{
		`{"status":"success","message":"Event processed","dedup_key":"samplekeyhere"}`:                              pagerduty.Accepted("samplekeyhere"),
		`{"status":"invalid event","message":"Event object is invalid","errors":["'payload' is missing or blank"]}`: pagerduty.Refused(400, "'payload' is missing or blank"),
		`{"status":"invalid event","message":"Event object is invalid","errors":["Invalid routing key"]}`:           pagerduty.Refused(401, "no token"),
		`{"status":"error","message":"Event not processed","errors":["it is safe to send it again"]}`:               pagerduty.Refused(503, "it is safe to send it again"),
	} {
		got, err := json.Marshal(answer)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
}

func FuzzDecode(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.json")
	require.NoError(f, err)
	for _, name := range seeds {
		body, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(body)
	}
	f.Add([]byte(valid))
	f.Add([]byte(with(`"severity"`, `"custom_details":{"a":{"b":[1,{"c":18446744073709551615}]}},"severity"`)))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := pagerduty.Decode(body, terms)
		pagerduty.Admit(http.Header{}, body, []string{"token"})
		if err != nil {
			var typed *payload.Error
			require.ErrorAs(t, err, &typed)
			require.NotEmpty(t, typed.Where)
			return
		}
		again, err := pagerduty.Decode(body, terms)
		require.NoError(t, err)
		require.Equal(t, got, again)
		require.NotEmpty(t, got.Key)
		require.LessOrEqual(t, len([]rune(got.Key)), 255)
		require.False(t, got.Acknowledges && got.Delivery.Firing())
		fit(t, got.Delivery)
	})
}

// fit holds a delivery to what all monitors' are held to, once it has the start that the incident gives it.
func fit(t *testing.T, d incident.Delivery) {
	t.Helper()
	for i := range d.Alerts {
		require.Zero(t, d.Alerts[i].StartsAt)
		d.Alerts[i].StartsAt = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	}
	payloadtest.Fit(t, d)
}

// valid is a small call that is taken.
const valid = `{"routing_key":"r","event_action":"trigger","dedup_key":"k","payload":{"summary":"Disk is full","source":"host-1","severity":"error"}}`

// with is the valid call with one thing changed.
func with(old, changed string) string {
	if !strings.Contains(valid, old) {
		panic(fmt.Sprintf("the valid call has no %s", old))
	}
	return strings.Replace(valid, old, changed, 1)
}

func decoded(t *testing.T, body string) pagerduty.Call {
	t.Helper()
	got, err := pagerduty.Decode([]byte(body), terms)
	require.NoError(t, err, body)
	return got
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return body
}

func TestALongNameIsNotRepeatedForEachOfItsParts(t *testing.T) {
	var parts []string
	for i := range 5000 {
		parts = append(parts, fmt.Sprintf(`"%d":1`, i))
	}
	details := fmt.Sprintf(`{"host":"web-1","%s":{%s}}`, strings.Repeat("a", 50_000), strings.Join(parts, ","))
	body := `{"event_action":"trigger","payload":{"summary":"s","source":"h","severity":"error","custom_details":` + details + `}}`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)

	c, err := pagerduty.Decode([]byte(body), payload.Terms{})

	runtime.ReadMemStats(&after)
	require.NoError(t, err)
	require.Equal(t, "web-1", c.Delivery.Alerts[0].Labels["host"])
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20<<20), "some 80 KB came in")
}
