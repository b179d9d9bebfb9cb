package api_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/oncall"
)

// crew has weeks of ana and bob, with eve over Christmas, and a schedule of ana's own that never ends.
func crew() oncall.Roster {
	week := oncall.Period{Count: 1, Unit: oncall.Weeks}
	layer := func(people ...string) []oncall.Layer {
		return []oncall.Layer{{People: people, Every: week, Handoff: "2026-01-05T09:00"}}
	}
	return oncall.Roster{
		People: []oncall.Person{
			{ID: "u0sre1", Name: "Ana", Slack: "U0SRE1", TimeZone: "America/New_York"}, {ID: "bob", Slack: "U0BOB"}, {ID: "eve"},
		},
		Schedules: []oncall.Schedule{
			{ID: "primary", TimeZone: "Europe/London", Layers: layer("u0sre1", "bob")},
			{ID: "alone", TimeZone: "Asia/Tokyo", Layers: layer("u0sre1")},
			{ID: "broken", TimeZone: "Europe/London", Layers: append(layer("bob"), oncall.Layer{People: []string{"eve"}})},
		},
		Overrides: []oncall.Override{
			{ID: "xmas", Schedule: "primary", Person: "eve", From: "2026-12-24T09:00:00Z", To: "2026-12-27T09:00:00Z"},
		},
	}
}

func askOnCall(t *testing.T, w *world, path string, dress ...func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/oncall/"+path, nil)
	r.Header.Set("Authorization", "Bearer oncall-token")
	for _, d := range dress {
		d(r)
	}
	return w.send(r)
}

func TestWhoIsOnCallIsToldWithWhoComesNext(t *testing.T) {
	for path, want := range map[string]string{
		"primary?at=2026-07-01T00:00":            `{"schedule":"primary","person":"bob","since":"2026-06-29T09:00:00+01:00","until":"2026-07-06T09:00:00+01:00","next":{"person":"u0sre1","from":"2026-07-06T09:00:00+01:00"}}`,
		"primary?at=2026-12-25T00:00:00%2B01:00": `{"schedule":"primary","person":"eve","since":"2026-12-24T09:00:00Z","until":"2026-12-27T09:00:00Z","next":{"person":"u0sre1","from":"2026-12-27T09:00:00Z"}}`,
		"primary?at=2026-12-27T10:00:00+01:00":   `{"schedule":"primary","person":"u0sre1","since":"2026-12-27T09:00:00Z","until":"2026-12-28T09:00:00Z","next":{"person":"bob","from":"2026-12-28T09:00:00Z"}}`,
		"primary?at=2026-01-01T00:00:00Z":        `{"schedule":"primary","person":"","until":"2026-01-05T09:00:00Z","next":{"person":"u0sre1","from":"2026-01-05T09:00:00Z"}}`,
		"alone?at=2026-12-25T00:00:00Z":          `{"schedule":"alone","person":"u0sre1","since":"2026-01-05T09:00:00+09:00"}`,
		"broken?at=2026-12-25T00:00:00Z":         `{"schedule":"broken","person":"bob","since":"2026-01-05T09:00:00Z"}`,
	} {
		w := newWorld(t)
		w.roster = crew()
		a := askOnCall(t, w, path)
		require.Equal(t, http.StatusOK, a.Code, path)
		require.Equal(t, "application/json", a.Header().Get("Content-Type"))
		require.JSONEq(t, want, a.Body.String(), path)
	}
}

func TestWhoComesAfterTheEndOfACalendarIsNotNobody(t *testing.T) {
	w := newWorld(t)
	w.roster = crew()
	w.roster.Schedules = append(w.roster.Schedules, oncall.Schedule{ID: "calendar", ICal: "x.ics", TimeZone: "Europe/London"})
	began, end := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	w.roster.Calendars = []oncall.Calendar{{Schedule: "calendar", Read: began, Until: end, Shifts: []oncall.Override{
		{Person: "bob", From: began.Format(time.RFC3339), To: end.Add(time.Minute).Format(time.RFC3339)},
	}}}
	a := askOnCall(t, w, "calendar")
	require.Contains(t, a.Body.String(), `"person":"bob"`)
	require.NotContains(t, a.Body.String(), "next")
	require.NotContains(t, w.types(t, "U0SRE1", "oncall calendar"), "then")
}

func TestWithoutAMomentItIsNow(t *testing.T) {
	w := newWorld(t)
	w.roster = crew()
	a := askOnCall(t, w, "alone")
	require.Contains(t, a.Body.String(), `"person":"u0sre1"`)
}

func TestAQuestionAboutOnCallThatCannotBeAnsweredIsAProblem(t *testing.T) {
	away := errors.New("refused by 10.0.0.1")
	for _, c := range []struct {
		name, path string
		token      string
		away       error
		status     int
		says       string
	}{
		{"no token", "primary", "", nil, 401, "oncall"},
		{"another source's token", "primary", "Bearer new-token", nil, 401, "oncall"},
		{"an unknown schedule", "primray", "Bearer oncall-token", nil, 404, "there is no schedule primray; did you mean primary?"},
		{"an unreadable moment", "primary?at=noon", "Bearer oncall-token", nil, 400, `at: "noon" is not a date and time`},
		{"a moment beyond what JSON can hold", "primary?at=9999-12-31T23:59:59Z", "Bearer oncall-token", nil, 400, "between the years 1970 and 2999"},
		{"Temporal away from the start", "primary", "Bearer oncall-token", away, 503, "overrides entered at run time are not known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.roster, w.away = crew(), c.away
			a := askOnCall(t, w, c.path, func(r *http.Request) { r.Header.Set("Authorization", c.token) })
			said := requireProblem(t, a, c.status)
			require.Contains(t, said, c.says)
			require.NotContains(t, said, "10.0.0.1")
		})
	}
}
