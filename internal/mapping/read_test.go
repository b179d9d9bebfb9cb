package mapping_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/payload"
	"github.com/seed-44180607/lastgood/integrations/payload/payloadtest"
	"github.com/seed-44180607/lastgood/internal/mapping"
)

var terms = payload.Terms{Words: map[string]incident.Severity{"critical": incident.SEV1, "P4": incident.SEV4}}

func read(t *testing.T, s mapping.Source, body string) []incident.Delivery {
	t.Helper()
	got, err := compiled(t, s).Read(t.Context(), []byte(body), terms)
	require.NoError(t, err)
	return got
}

const down = `{"monitor":{"id":17},"status":"down","service":"checkout"}`

func TestABodyIsOneAlertThatStartsWhenItArrives(t *testing.T) {
	require.Equal(t, []incident.Delivery{{
		Source: "uptime", Group: "uptime/17",
		Alerts: []incident.Alert{{
			Fingerprint: "17", Firing: true, Severity: incident.SEV2, Name: "uptime",
			Labels: map[string]string{"service": "checkout", "env": "production"},
		}},
	}}, read(t, uptime(), down))
	require.False(t, read(t, uptime(), strings.Replace(down, "down", "up", 1))[0].Firing())
}

func TestEveryFieldIsTakenFromItsExpression(t *testing.T) {
	s := uptime()
	s.Fingerprint, s.StartsAt, s.Name = `alert.check`, `alert.since`, `alert.monitor.name`
	s.Summary, s.Severity = `alert.monitor.name + " is " + upper(alert.status)`, `alert.priority`
	s.URL, s.Runbook = `"https://uptime.example.com/" + string(alert.monitor.id)`, `alert.runbook ?? "https://wiki.example.com"`
	got := read(t, s, `{"monitor":{"id":17,"name":"Shop"},"status":"down","service":"checkout","check":"http","since":"2026-11-23T12:00:00+01:00","priority":"critical"}`)
	require.Equal(t, incident.Alert{
		Fingerprint: "http", Firing: true, Severity: incident.SEV1, Name: "Shop", Summary: "Shop is DOWN",
		StartsAt: time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC),
		URL:      "https://uptime.example.com/17", Runbook: "https://wiki.example.com",
		Labels: map[string]string{"service": "checkout", "env": "production"},
	}, got[0].Alerts[0])
}

func TestAListIsOneAlertEachByItsGroups(t *testing.T) {
	s := uptime()
	s.Alerts, s.Group, s.Fingerprint, s.When = `body.checks`, `alert.host`, `alert.name`, `alert.kind != "test"`
	got := read(t, s, `{"checks":[
		{"host":"a","name":"cpu","status":"down"}, {"host":"b","name":"cpu","status":"up"},
		{"host":"a","name":"disk","status":"down"}, {"host":"c","kind":"test"}]}`)
	require.Len(t, got, 2)
	require.Equal(t, []string{"uptime/a", "uptime/b"}, []string{got[0].Group, got[1].Group})
	require.Len(t, got[0].Alerts, 2)
	require.Equal(t, "disk", got[0].Alerts[1].Fingerprint)
}

func TestNothingToTakeIsNoFault(t *testing.T) {
	s := uptime()
	s.When = `alert.kind != "test"`
	require.Empty(t, read(t, s, `{"kind":"test"}`))
	s = uptime()
	s.Alerts = `body.checks`
	require.Empty(t, read(t, s, `{"checks":[]}`))
}

func TestOfTwoThatAreTheSameTheOneThatFiresCounts(t *testing.T) {
	s := uptime()
	s.Alerts, s.Severity = `body.checks`, `alert.severity`
	for _, order := range []string{
		`{"checks":[{"monitor":{"id":1},"status":"up"},{"monitor":{"id":1},"status":"down"},{"monitor":{"id":1},"status":"down","severity":"critical"}]}`,
		`{"checks":[{"monitor":{"id":1},"status":"down","severity":"critical"},{"monitor":{"id":1},"status":"down"},{"monitor":{"id":1},"status":"up"}]}`,
	} {
		got := read(t, s, order)
		require.Len(t, got[0].Alerts, 1)
		require.True(t, got[0].Firing())
		require.Equal(t, incident.SEV1, got[0].Alerts[0].Severity)
	}
}

func TestAMonitorThatNeverResolvesFiresWithEveryCall(t *testing.T) {
	s := uptime()
	s.Resolves, s.Firing = false, ""
	got := read(t, s, `{"monitor":{"id":1}}`)
	require.True(t, got[0].NeverResolves)
	require.True(t, got[0].Firing())
}

func TestATimeMayBeWrittenInSeveralWays(t *testing.T) {
	s := uptime()
	s.StartsAt = `alert.at`
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for written, want := range map[string]time.Time{
		`"2026-11-23T12:00:00Z"`: noon, `1795435200`: noon, `1795435200.5`: noon.Add(500 * time.Millisecond), `"1795435200"`: noon,
		`1795435200123`: noon.Add(123 * time.Millisecond), `null`: {}, `""`: {}, `0`: {}, `"0001-01-01T00:00:00Z"`: {},
	} {
		got := read(t, s, strings.Replace(down, `"status"`, `"at":`+written+`,"status"`, 1))
		require.Equal(t, want, got[0].Alerts[0].StartsAt, written)
	}
}

func TestASeverityIsOneOfTheFourOrAWord(t *testing.T) {
	s := uptime()
	s.Severity = `alert.p`
	for p, want := range map[string]incident.Severity{
		`"SEV3"`: incident.SEV3, `"sev1"`: incident.SEV1, `"critical"`: incident.SEV1, `"P4"`: incident.SEV4, `"other"`: incident.SEV2, `null`: incident.SEV2, `5`: incident.SEV2,
	} {
		got := read(t, s, strings.Replace(down, `"status"`, `"p":`+p+`,"status"`, 1))
		require.Equal(t, want, got[0].Alerts[0].Severity, p)
	}
}

func TestWhatABodyLacksIsNamedByFieldAndExpression(t *testing.T) {
	list := func(s *mapping.Source) { s.Alerts = `body.checks` }
	for name, tt := range map[string]struct {
		change     func(*mapping.Source)
		body, want string
	}{
		"no JSON":            {nil, `{`, "byte 1 is where the JSON breaks off"},
		"two bodies":         {nil, down + down, "is where something stands behind the JSON"},
		"absurd nesting":     {nil, strings.Repeat("[", 50), "is nested deeper than 32 levels"},
		"a part of nothing":  {nil, `{}`, `the body has no group by "alert.monitor.id": column 15: cannot fetch id from <nil>`},
		"nothing as group":   {nil, `{"monitor":{}}`, `the body has no group by "alert.monitor.id": it comes to nothing`},
		"a list as group":    {nil, `{"monitor":{"id":[1]}}`, `the body has no group by "alert.monitor.id": it comes to a list, not to a text`},
		"a part of a list":   {nil, `[]`, `the body has no group by "alert.monitor.id": column 7: `},
		"an object as label": {nil, `{"monitor":{"id":1},"service":{}}`, `the body has no labels.service by "alert.service": it comes to an object, not to a text`},
		"no truth": {
			func(s *mapping.Source) { s.Firing = `alert.down` }, `{"monitor":{"id":1},"down":"yes"}`,
			`the body has no firing by "alert.down": it comes to a text, not to true or false`,
		},
		"nothing as truth": {
			func(s *mapping.Source) { s.Firing = `alert.down` }, `{"monitor":{"id":1}}`,
			`the body has no firing by "alert.down": it comes to nothing, not to true or false`,
		},
		"types that do not go together": {
			func(s *mapping.Source) { s.Summary = `alert.status + alert.monitor.id` }, down,
			`the body has no summary by "alert.status + alert.monitor.id": column 14: invalid operation: string + int`,
		},
		"no list":    {list, `{}`, `the body has no alerts by "body.checks": it comes to nothing, not to a list`},
		"one of two": {list, `{"checks":[` + down + `,{"monitor":{"id":2}},{}]}`, `alerts[2] has no group by "alert.monitor.id"`},
		"too many":   {list, `{"checks":[` + strings.Repeat("0,", 5000) + `0]}`, `it comes to 5001 alerts, more than 5000`},
		"no time": {
			func(s *mapping.Source) { s.StartsAt = `alert.status` }, down,
			`the body has no starts_at by "alert.status": it comes to "down", not to a time as in RFC 3339 or since 1970`,
		},
		"a text of what is missing": {
			func(s *mapping.Source) { s.Group = `string(alert.nothing) + "/prod"` }, down, `it comes to nothing, not to a text`,
		},
		"a text of an object": {
			func(s *mapping.Source) { s.Group = `string(alert.monitor)` }, down, `it comes to an object, not to a text`,
		},
		"a time before all": {
			func(s *mapping.Source) { s.StartsAt = `-5` }, down, `it comes to a number that is no seconds or milliseconds since 1970`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := uptime()
			if tt.change != nil {
				tt.change(&s)
			}
			got, err := compiled(t, s).Read(t.Context(), []byte(tt.body), terms)
			require.ErrorContains(t, err, tt.want)
			require.Empty(t, got)
			var typed *payload.Error
			require.ErrorAs(t, err, &typed)
		})
	}
}

func TestABodyIsNeverCode(t *testing.T) {
	s := uptime()
	s.Summary = `alert.text`
	const code = `now() + len(body) + $env.meter`
	require.Equal(t, code, read(t, s, strings.Replace(down, `"status"`, `"text":"`+code+`","status"`, 1))[0].Alerts[0].Summary)
}

func TestAHostileBodyIsGivenUpSoon(t *testing.T) {
	numbers := `[` + strings.Repeat("1,", 400_000) + `1]`
	text := strings.Repeat("x", 500_000)
	few := `[` + strings.Repeat("1,", 9_000) + `1]`
	for name, tt := range map[string]struct {
		when, body string
		timed      bool // Only the time bounds it.
	}{
		"loops in loops":         {`all(body, all(body, all(body, # == 1)))`, numbers, false},
		"loops in loops, few":    {`all(body, all(body, all(body, # == 1)))`, few, false},
		"a text for each":        {`len(map(body.list, body.text + "!")) > 0`, `{"text":"` + text + `","list":` + few + `}`, false},
		"new lists for each":     {`len(map(body, [#, [#, #], {"a": #}])) > 0`, numbers, false},
		"pieces for each":        {`len(map(body.list, split(body.text, ""))) > 0`, `{"text":"` + text + `","list":` + few + `}`, false},
		"a search for each":      {`all(body.list, !(# in body.other))`, `{"list":` + few + `,"other":[` + strings.Repeat(`"y",`, 100_000) + `0]}`, true},
		"a comparison for each":  {`all(body.list, body.a == body.b)`, `{"list":` + few + `,"a":` + few + `,"b":` + few + `}`, true},
		"a written one for each": {`all(body.list, len(string(body.text)) > 0)`, `{"text":"` + text + `","list":` + few + `}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := uptime()
			s.When, s.Group = tt.when, `"g"`
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			if tt.timed {
				ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
			}
			defer cancel()
			began := time.Now()
			_, err := compiled(t, s).Read(ctx, []byte(tt.body), terms)
			require.Error(t, err)
			require.Regexp(t, "the body makes too much work of it|memory budget exceeded", err.Error())
			require.Less(t, time.Since(began), 10*time.Second)
		})
	}
}

func TestTheMostThatAMonitorSendsIsRead(t *testing.T) {
	s := uptime()
	s.Alerts, s.When = `body.checks`, `any(alert.tags ?? [], # == "prod") || alert.kind != "test"`
	s.Summary = `join(map(alert.tags, upper(#)), ", ") + " of " + alert.status`
	one := `{"monitor":{"id":%d},"status":"down","service":"checkout","tags":["a","b","c","d","e","f","g","prod"]}`
	var checks []string
	for i := range 5000 {
		checks = append(checks, fmt.Sprintf(one, i))
	}
	require.Len(t, read(t, s, `{"checks":[`+strings.Join(checks, ",")+`]}`), 5000)
}

func TestAMappingReadsManyBodiesAtOnce(t *testing.T) {
	s := uptime()
	s.When, s.Summary = `any(alert.tags, # == "prod")`, `join(map(alert.tags, # + alert.status), ",")`
	m := compiled(t, s)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			body := fmt.Sprintf(`{"monitor":{"id":%d},"status":"down","service":"checkout","tags":["prod"]}`, i)
			for range 50 {
				got, err := m.Read(t.Context(), []byte(body), terms)
				if err != nil || len(got) != 1 || got[0].Group != fmt.Sprintf("uptime/%d", i) {
					t.Errorf("body %d became %v: %v", i, got, err)
				}
			}
		})
	}
	all.Wait()
}

func TestTheSameBodyIsReadTheSame(t *testing.T) {
	s := uptime()
	s.Alerts, s.Fingerprint, s.Severity = `body`, `alert.f`, `alert.p`
	m := compiled(t, s)
	rapid.Check(t, func(r *rapid.T) {
		body, err := json.Marshal(rapid.SliceOfN(rapid.Custom(func(r *rapid.T) map[string]any {
			return map[string]any{
				"monitor": map[string]any{"id": rapid.IntRange(1, 3).Draw(r, "group")}, "status": rapid.SampledFrom([]string{"up", "down"}).Draw(r, "status"),
				"f": rapid.SampledFrom([]any{nil, "f1", 2, strings.Repeat("f", 200)}).Draw(r, "fingerprint"), "p": rapid.String().Draw(r, "severity"),
			}
		}), 0, 20).Draw(r, "alerts"))
		require.NoError(r, err)
		got, err := m.Read(t.Context(), body, terms)
		require.NoError(r, err)
		again, err := m.Read(t.Context(), body, terms)
		require.NoError(r, err)
		require.Equal(r, got, again)
		fit(t, got)
	})
}

// fit holds deliveries to what all monitors' are held to, once they have the starts that the incident gives them.
func fit(t *testing.T, deliveries []incident.Delivery) {
	t.Helper()
	seen := map[string]bool{}
	for _, d := range deliveries {
		require.False(t, seen[d.Group], "one delivery a group")
		seen[d.Group] = true
		for i := range d.Alerts {
			if d.Alerts[i].StartsAt.IsZero() {
				d.Alerts[i].StartsAt = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
			}
		}
		payloadtest.Fit(t, d)
	}
}

func FuzzRead(f *testing.F) {
	s := uptime()
	s.Alerts, s.Group, s.Fingerprint = `body.checks ?? [body]`, `alert.monitor?.id ?? alert.id`, `alert.name`
	s.StartsAt, s.Name, s.Severity = `alert.since`, `alert.name`, `alert.priority`
	s.Summary = `join(map(alert.tags ?? [], string(#)), ",")`
	s.URL, s.Labels = `alert.url`, map[string]string{"service": `alert.service`, "first": `first(keys(alert.labels ?? {}))`}
	m, faults := mapping.Compile(s)
	require.Empty(f, faults)
	f.Add([]byte(down))
	f.Add([]byte(`{"checks":[` + down + `,{"id":"x","name":"a\u0000b","status":"up","since":1795435200,"tags":[1,"b"]}]}`))
	f.Add([]byte(`{"checks":[{"id":18446744073709551615,"since":"2026-11-23T12:00:00Z","url":"https://x","labels":{"a":1}}]}`))
	f.Add([]byte(`[[[[]]]]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := m.Read(t.Context(), body, terms)
		if err != nil {
			var typed *payload.Error
			require.ErrorAs(t, err, &typed)
			require.NotEmpty(t, typed.Where)
			return
		}
		again, err := m.Read(t.Context(), body, terms)
		require.NoError(t, err)
		require.Equal(t, got, again)
		fit(t, got)
	})
}
