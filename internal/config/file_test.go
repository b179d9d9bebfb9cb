package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/oncall"
)

const example = "../../docs/examples/lastgood.yaml"

func TestEveryFaultOfABadFileIsReportedWithItsLine(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			content, err := os.ReadFile(name)
			require.NoError(t, err)
			_, err = config.Parse(name, content)
			var faults config.Faults
			require.ErrorAs(t, err, &faults)
			expectFaults(t, name, string(content), faults)
		})
	}
}

// expectation stands in a comment of a bad file, on the line at which the fault is reported, with the path and the
// problem. An @ in front of either says that only its beginning is written. Several are separated by a bar.
var expectation = regexp.MustCompile(`^(@?)(.*?)\): (@?)(.*)$`)

func expectFaults(t *testing.T, name, content string, faults config.Faults) {
	t.Helper()
	var expected []string
	for i, line := range strings.Split(content, "\n") {
		_, comment, _ := strings.Cut(line, "# fault(")
		if comment == "" {
			continue
		}
		for one := range strings.SplitSeq(comment, " | fault(") {
			m := expectation.FindStringSubmatch(one)
			require.NotNil(t, m, "line %d", i+1)
			require.Less(t, len(expected), len(faults), "line %d: no fault is reported", i+1)
			f := faults[len(expected)]
			require.Equal(t, i+1, f.Line, "%v", f)
			require.Equal(t, name, f.File)
			require.Regexp(t, begins(m[1], m[2]), f.Field)
			require.Regexp(t, begins(m[3], m[4]), f.Problem)
			expected = append(expected, one)
		}
	}
	require.Len(t, faults, len(expected), "%v", faults)
}

func begins(loose, text string) string {
	if loose == "" {
		text += "\x00"
	}
	return "^" + strings.Replace(regexp.QuoteMeta(text), "\x00", "$", 1)
}

func TestAFaultIsOneLineWithFileLineAndPath(t *testing.T) {
	_, err := config.ReadFile("testdata/bad/unknown-keys.yaml")
	require.EqualError(t, err, strings.Join([]string{
		"the configuration has 5 faults:",
		"  testdata/bad/unknown-keys.yaml:8: services[0].polcy: unknown key; did you mean policy?",
		"  testdata/bad/unknown-keys.yaml:9: services[0].slak_channel: unknown key; did you mean slack_channel?",
		"  testdata/bad/unknown-keys.yaml:11: services[0].verify.wihtin: unknown key; did you mean within?",
		"  testdata/bad/unknown-keys.yaml:12: services[0].zzz: unknown key",
		"  testdata/bad/unknown-keys.yaml:13: teams: unknown key",
	}, "\n"))
}

func TestTheExampleLoadsAndSaysWhatItDoesNotActOn(t *testing.T) {
	f, err := config.ReadFile(example)
	require.NoError(t, err)
	var paths []string
	for _, u := range f.Unused() {
		place, path, _ := strings.Cut(u, ": ")
		require.Regexp(t, `^`+regexp.QuoteMeta(example)+`:\d+$`, place)
		path, why, _ := strings.Cut(path, ": ")
		require.Equal(t, "accepted, not acted on by this version", why)
		paths = append(paths, path)
	}
	require.ElementsMatch(t, []string{
		"services[0].commits", "services[0].suspect", "services[0].metrics", "services[0].rollback.automatic",
		"services[0].hold", "services[0].verify.prometheus", "services[0].inform",
	}, paths)
}

func TestACalendarFileIsSoughtBesideTheConfiguration(t *testing.T) {
	const rest = "\npeople: [{id: a, slack: U0A}]\npolicies: [{id: p, steps: [{page: [{schedule: s}]}]}]\nservices: [{id: x, match: [{service: x}], policy: p}]\n"
	for written, want := range map[string]string{
		"oncall.ics":                 "/etc/lastgood/oncall.ics",
		"../calendars/oncall.ics":    "/etc/calendars/oncall.ics",
		"/srv/oncall.ics":            "/srv/oncall.ics",
		"file:///srv/oncall.ics":     "file:///srv/oncall.ics",
		"webcal://example.com/a.ics": "webcal://example.com/a.ics",
	} {
		f, err := config.Parse("/etc/lastgood/lastgood.yaml", []byte("version: 1\nschedules: [{id: s, ical: \""+written+"\"}]"+rest))
		require.NoError(t, err)
		require.Equal(t, want, f.Roster.Schedules[0].ICal)
		require.Empty(t, f.Unused())
	}
}

func TestTheExampleBecomesDomainTypes(t *testing.T) {
	f, err := config.ReadFile(example)
	require.NoError(t, err)
	s, ok := f.Service("checkout")
	require.True(t, ok)
	require.Equal(t, incident.Service{
		ID: "checkout", Environment: "production", Team: "payments", SlackChannel: "C0CHECKOUT",
		Runbook: "https://wiki.example.com/checkout", ReopenWithin: 5 * time.Minute, EnrichWithin: 3 * time.Second,
		VerifyWithin: 15 * time.Minute,
		Deployments: &incident.Deployments{
			Job: "deploy/checkout", ReleaseParameter: "VERSION", Where: map[string]string{"ENVIRONMENT": "production"},
		},
		Rollback: &incident.RollbackPlan{
			Job: "deploy/checkout", ReleaseParameter: "VERSION", IncidentParameter: "INCIDENT_ID",
			Parameters: map[string]string{"ENVIRONMENT": "production"},
			Allowed:    []oncall.Target{{Schedule: "checkout-primary"}, {Person: "sre-2"}, {SlackGroup: "S0SRE"}},
			Approval:   &incident.Approval{Within: 15 * time.Minute, Override: true},
			Timeout:    30 * time.Minute, MinimumInService: time.Hour,
		},
		Ticket: &incident.TicketPlan{
			Project: "OPS", Type: "Incident", Done: "Done", Fields: map[string]any{"customfield_10010": "Payments"},
		},
	}, s.Service)
	require.Equal(t, []incident.Match{{"service": "checkout", "env": "production"}}, s.Matches)
	require.Equal(t, "checkout", s.Policies.For(incident.SEV1).ID)
	require.Equal(t, "office-hours", s.Policies.For(incident.SEV4).ID)
	require.Len(t, f.Policies, 2)
	require.Equal(t, oncall.Period{Count: 1, Unit: oncall.Weeks}, f.Roster.Schedules[0].Layers[0].Every)
	require.Equal(t, []time.Weekday{time.Saturday, time.Sunday}, f.Roster.Schedules[0].Layers[1].Only[0].Days)
	require.Equal(t, oncall.ContactRule{Via: oncall.SMS, After: 4 * time.Minute}, f.Roster.People[0].Contact[2])
}

func TestWhatIsNotSaidHasItsDefault(t *testing.T) {
	f, err := config.ReadFile("testdata/good/minimal.yaml")
	require.NoError(t, err)
	require.Empty(t, f.Unused())
	require.Equal(t, map[string]incident.Severity{
		"critical": incident.SEV1, "error": incident.SEV2, "warning": incident.SEV3, "info": incident.SEV4,
	}, f.Severities)
	require.Equal(t, incident.SEV3, f.Severity("warning"))
	require.Equal(t, incident.SEV2, f.Severity("page"))
	require.Equal(t, incident.SEV2, f.Severity(""))
	s := f.Services[0]
	require.Equal(t, "production", s.Environment)
	require.Equal(t, 5*time.Minute, s.ReopenWithin)
	require.Equal(t, 3*time.Second, s.EnrichWithin)
	require.Equal(t, 15*time.Minute, s.VerifyWithin)
	require.Equal(t, 30*time.Minute, s.Rollback.Timeout)
	require.Zero(t, s.Rollback.MinimumInService)
	require.Nil(t, s.Rollback.Approval)
	require.Equal(t, &incident.Deployments{
		Job: "deploy/s", ReleaseParameter: "VERSION", Where: map[string]string{"ENVIRONMENT": "production"},
	}, s.Deployments)
	require.Equal(t, &incident.TicketPlan{Project: "OPS", Type: "Incident", Done: "Done"}, s.Ticket)
	require.Equal(t, oncall.Policy{
		ID: "p", Steps: []oncall.Step{{Page: []oncall.Target{{Person: "a"}}, AckWithin: 5 * time.Minute}},
		Repeat: oncall.Repeat{FromStep: 1}, AckTimeout: 30 * time.Minute,
	}, s.Policies.Default)
}

func TestAnchorsAndMergedKeysAreFollowed(t *testing.T) {
	f, err := config.ReadFile("testdata/good/anchors.yaml")
	require.NoError(t, err)
	first, second := f.Services[0], f.Services[1]
	require.Equal(t, 24*time.Hour, first.ReopenWithin)
	require.Equal(t, 7*24*time.Hour, first.VerifyWithin)
	require.Equal(t, "second", second.ID)
	require.Equal(t, "payments", second.Team)
	require.Equal(t, 24*time.Hour, second.ReopenWithin)
	require.Equal(t, []incident.Match{{"service": "second"}}, second.Matches)
	require.Equal(t, 90*time.Minute, second.Policies.Default.Steps[0].AckWithin)
	require.Zero(t, second.Policies.Default.AckTimeout, "0 is for ever, not the default")
	require.Nil(t, second.Rollback.Approval)
	require.Equal(t, "undo/second", second.Rollback.Job)
	require.Equal(t, &incident.Deployments{
		Job: "deploy/second", ReleaseParameter: "TAG", Where: map[string]string{},
	}, second.Deployments)
	require.Nil(t, first.Deployments)
	last := f.Services[2]
	require.Equal(t, time.Second, last.EnrichWithin)
	require.Equal(t, "none", last.Team, "the first mapping of the list wins")
	require.Equal(t, 24*time.Hour, last.ReopenWithin)
	require.Empty(t, last.Matches, "a key that is said to be empty is not merged")
	require.Equal(t, map[string]any{
		"customfield_1": map[string]any{"value": "x", "list": []any{uint64(1), 2.5, true, nil}},
		"customfield_2": "two\nlines",
	}, last.Ticket.Fields)
}

func TestTheFirstServiceInTheFileThatMatchesTakesTheAlert(t *testing.T) {
	routes, err := config.ReadFile("testdata/good/routes.yaml")
	require.NoError(t, err)
	anchors, err := config.ReadFile("testdata/good/anchors.yaml")
	require.NoError(t, err)
	for _, c := range []struct {
		name   string
		file   config.File
		labels map[string]string
		want   string
	}{
		{"all labels equal", routes, map[string]string{"service": "cart", "env": "production", "pod": "x"}, "cart"},
		{"another entry", routes, map[string]string{"job": "cart"}, "cart"},
		{"the next service", routes, map[string]string{"service": "search", "env": "production"}, "shop"},
		{"one label differs", routes, map[string]string{"service": "cart", "env": "staging"}, ""},
		{"no labels", routes, nil, ""},
		{"the default service", anchors, map[string]string{"service": "third"}, "default"},
	} {
		t.Run(c.name, func(t *testing.T) {
			service, ok := c.file.Route(c.labels)
			require.Equal(t, c.want, service)
			require.Equal(t, c.want != "", ok)
		})
	}
	require.Equal(t, []string{
		"testdata/good/routes.yaml:7: services[2].match[0]: never reached: services[1].match[0] comes first and fits all of it",
	}, routes.Unused())
}

func TestAPersonIsFoundByTheirSlackUser(t *testing.T) {
	f, err := config.ReadFile("testdata/good/routes.yaml")
	require.NoError(t, err)
	for user, want := range map[string]string{"U0A": "a", "U0B": "b", "U0C": "", "": ""} {
		id, ok := f.PersonBySlack(user)
		require.Equal(t, want, id)
		require.Equal(t, want != "", ok)
	}
}

func TestAPersonIsFoundByTheirPhone(t *testing.T) {
	f, err := config.ReadFile(example)
	require.NoError(t, err)
	for number, want := range map[string]string{"+440000000001": "sre-1", "+440000000002": "", "": ""} {
		id, ok := f.PersonByPhone(number)
		require.Equal(t, want, id)
		require.Equal(t, want != "", ok)
	}
}

func FuzzNoFileMakesTheReaderFail(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml", example} {
		names, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, name := range names {
			content, err := os.ReadFile(name)
			require.NoError(f, err)
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		_, err := config.Parse("lastgood.yaml", content)
		var faults config.Faults
		if err != nil {
			require.ErrorAs(t, err, &faults)
			require.NotEmpty(t, faults)
		}
	})
}

func TestWhatLetsTheFirstPageWaitIsRead(t *testing.T) {
	const text = `version: 1
people: [{id: a, slack: U0A}]
policies: [{id: p, steps: [{page: [{person: a}]}]}]
services:
  - {id: held, match: [{service: held}], policy: p, hold_page: 30s}
  - {id: counted, match: [{service: counted}], policy: p, threshold: {alerts: 3, within: 5m}}
  - {id: usual, match: [{service: usual}], policy: p, threshold: {alerts: 1, within: 5m}}
maintenance:
  - {service: held, from: "2026-12-24T22:00:00+01:00", to: "2026-12-25T02:00:00+01:00", reason: upgrade}
  - {service: "*", from: "2026-12-31T22:00:00Z", to: "2027-01-01T02:00:00Z"}
`
	f, err := config.Parse("x.yaml", []byte(text))
	require.NoError(t, err)
	require.Empty(t, f.Unused())
	require.Equal(t, 30*time.Second, f.Services[0].HoldPage)
	require.Nil(t, f.Services[0].Threshold)
	require.Equal(t, &incident.Threshold{Alerts: 3, Within: 5 * time.Minute}, f.Services[1].Threshold)
	require.Nil(t, f.Services[2].Threshold, "one alert is enough")
	require.Equal(t, []oncall.Maintenance{
		{Service: "held", From: "2026-12-24T22:00:00+01:00", To: "2026-12-25T02:00:00+01:00", Reason: "upgrade"},
		{Service: "*", From: "2026-12-31T22:00:00Z", To: "2027-01-01T02:00:00Z"},
	}, f.Roster.Maintenance)
}
