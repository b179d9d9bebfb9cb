package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/config"
)

// checked runs `lastgood check` on a file whose schedule s is the given calendar.
func checked(t *testing.T, folder, ical string, flags ...string) (stdout, stderr string, err error) {
	t.Helper()
	path := filepath.Join(folder, "lastgood.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`version: 1
people: [{id: sre-1, slack: U0SRE1}]
schedules: [{id: secondary, ical: "`+ical+`"}]
policies: [{id: p, steps: [{page: [{schedule: secondary}]}]}]
services: [{id: s, match: [{service: s}], policy: p}]
`), 0o600))
	var out, errs bytes.Buffer
	command := checkCommand()
	command.SetOut(&out)
	command.SetErr(&errs)
	command.SetArgs(append(flags, path))
	command.SilenceErrors, command.SilenceUsage = true, true
	err = command.ExecuteContext(t.Context())
	return out.String(), errs.String(), err
}

func calendarOf(summary string) []byte {
	return []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20200101T000000Z\nDURATION:P1D\nRRULE:FREQ=DAILY\nSUMMARY:" + summary + "\nEND:VEVENT\nEND:VCALENDAR\n")
}

func TestCheckReadsACalendarFile(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "good.ics"), calendarOf("sre-1"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bad.ics"), calendarOf("Somebody"), 0o600))

	stdout, stderr, err := checked(t, folder, "good.ics")
	require.NoError(t, err)
	require.Contains(t, stdout, "good")
	require.NotContains(t, stderr, "calendar")

	_, stderr, err = checked(t, folder, "bad.ics")
	require.NoError(t, err, "a warning is no fault")
	require.Contains(t, stderr, `warning: the calendar of secondary: "Somebody" of 2020-01-01 00:00: names none of the people`)
	require.Contains(t, stderr, "warning: the calendar of secondary: it has no shift in the next 62 days")

	_, stderr, err = checked(t, folder, "gone.ics")
	require.NoError(t, err, "the file may be on another machine")
	require.Contains(t, stderr, "warning: read the calendar of secondary: stat "+filepath.Join(folder, "gone.ics"))
}

func TestCheckWarnsOfTheGapsOfACalendar(t *testing.T) {
	folder := t.TempDir()
	days := bytes.ReplaceAll(calendarOf("sre-1"), []byte("P1D"), []byte("PT12H"))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "days.ics"), days, 0o600))
	_, stderr, err := checked(t, folder, "days.ics")
	require.NoError(t, err)
	require.Contains(t, stderr, "nobody is on call in secondary from ")
}

func TestCheckReadsACalendarOnTheWebOnlyWhenAsked(t *testing.T) {
	asked, status := 0, http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(status)
		_, _ = w.Write(calendarOf("Somebody"))
	}))
	t.Cleanup(server.Close)
	folder, address := t.TempDir(), server.URL+"/hush/basic.ics"

	stdout, stderr, err := checked(t, folder, address)
	require.NoError(t, err)
	require.Contains(t, stdout, "calendars on the web, not read: 1; --live reads them")
	require.NotContains(t, stderr, "hush")
	require.Zero(t, asked)

	_, stderr, err = checked(t, folder, address, "--live")
	require.NoError(t, err)
	require.Contains(t, stderr, "names none of the people")
	require.Equal(t, 1, asked)

	status = http.StatusForbidden
	stdout, _, err = checked(t, folder, address, "--live")
	require.ErrorContains(t, err, "403 Forbidden")
	require.Empty(t, stdout, "what could not be read is not called good")
	require.NotContains(t, err.Error(), "hush")
	require.Equal(t, failed, exitCode(err))
}

func TestACheckedCalendarFillsTheRoster(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "good.ics"), calendarOf("sre-1"), 0o600))
	_, _, err := checked(t, folder, "good.ics")
	require.NoError(t, err)
	file := loaded(t, filepath.Join(folder, "lastgood.yaml"))
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	file.Roster.Calendars = checkCalendars(t.Context(), file, false, now).copies
	shift, err := file.Roster.Shift("secondary", now)
	require.NoError(t, err)
	require.Equal(t, "sre-1", shift.Person)
}

func loaded(t *testing.T, path string) config.File {
	t.Helper()
	file, err := config.ReadFile(path)
	require.NoError(t, err)
	return file
}
