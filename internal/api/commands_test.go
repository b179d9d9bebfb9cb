package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

func commandRequest(t *testing.T, user, text string) *http.Request {
	t.Helper()
	body, err := json.Marshal(incident.Command{ID: "trigger", User: user, Words: strings.Fields(text)})
	require.NoError(t, err)
	return signedCommand(t, string(body))
}

func signedCommand(t *testing.T, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/slack/commands", strings.NewReader(body))
	r.Header.Set("X-Slack-Signature", "v0="+body)
	return r
}

// types gives what somebody is answered who types a command.
func (w *world) types(t *testing.T, user, text string) string {
	t.Helper()
	a := w.send(commandRequest(t, user, text))
	require.Equal(t, http.StatusOK, a.Code, a.Body.String())
	var lines []string
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &lines))
	return strings.Join(lines, "\n")
}

func TestACommandMakesAnOverride(t *testing.T) {
	id := signals.MintOverrideID("trigger")
	for text, want := range map[string]oncall.Override{
		"override primary bob from 2098-07-01T09:00 to 2098-07-01T17:00":            {Person: "bob", From: "2098-07-01T09:00:00+01:00", To: "2098-07-01T17:00:00+01:00"},
		"override primary @U0BOB to 2098-01-01T17:00:00Z from 2098-01-01T09:00:00Z": {Person: "bob", From: "2098-01-01T09:00:00Z", To: "2098-01-01T17:00:00Z"},
		"OVERRIDE primary eve FROM 2098-01-01T09:00 FOR 90m":                        {Person: "eve", From: "2098-01-01T09:00:00Z", To: "2098-01-01T10:30:00Z"},
	} {
		w := newWorld(t)
		w.roster = crew()
		said := w.types(t, "U0SRE1", text)
		want.ID, want.By, want.Schedule = id, "u0sre1", "primary"
		require.Equal(t, []any{want}, w.wrote, text)
		require.Contains(t, said, want.Person+" is on call in primary from "+shown(t, want.From)+" to "+shown(t, want.To)+", entered by Ana (u0sre1)\n")
		require.Contains(t, said, "Take it back with: /lastgood override remove "+id)
		require.Contains(t, w.metrics(t), `lastgood_commands_total{result="accepted"} 1`)
	}
}

// shown is a moment as people are told it, by a clock in London.
func shown(t *testing.T, moment string) string {
	t.Helper()
	at, err := time.Parse(time.RFC3339, moment)
	require.NoError(t, err)
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	return at.In(london).Format("Mon 2 Jan 2006 15:04 MST")
}

func TestAnOverrideForAWhileBeginsNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // It is midnight on 1 January 2000.
		w := newWorld(t)
		w.roster = crew()
		w.types(t, "U0SRE1", "override primary bob for 2h")
		require.Len(t, w.wrote, 1)
		o := w.wrote[0].(oncall.Override)
		require.Equal(t, []string{"2000-01-01T00:00:00Z", "2000-01-01T02:00:00Z"}, []string{o.From, o.To})
	})
}

func TestACommandSwapsTwoShiftsAndTakesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, id := newWorld(t), signals.MintOverrideID("trigger")
		w.roster = crew()
		w.types(t, "U0SRE1", "swap primary 2026-06-30T00:00 with 2026-07-08T00:00")
		w.types(t, "U0SRE1", "override remove xmas")
		cover := func(person, from, to string) oncall.Override {
			return oncall.Override{ID: id, By: "u0sre1", Schedule: "primary", Person: person, From: from, To: to}
		}
		require.Equal(t, []any{
			signals.Swapping{ID: id, Overrides: []oncall.Override{
				cover("bob", "2026-07-06T09:00:00+01:00", "2026-07-13T09:00:00+01:00"),
				cover("u0sre1", "2026-06-29T09:00:00+01:00", "2026-07-06T09:00:00+01:00"),
			}},
			signals.Removal{ID: "xmas", By: "u0sre1"},
		}, w.wrote)
	})
}

func TestACommandTellsWhoIsOnCallAndWhatWasEntered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.roster = crew()
		require.Equal(t, "primary: nobody until Mon 5 Jan 2026 09:00 GMT, then Ana (u0sre1)", w.types(t, "U0SRE1", "oncall primary"))
		require.Equal(t, 3, strings.Count(w.types(t, "U0SRE1", "oncall"), "\n"), "a line for each schedule, and one for what cannot be read")
		require.Equal(t, "xmas: eve is on call in primary from Thu 24 Dec 2026 09:00 GMT to Sun 27 Dec 2026 09:00 GMT", w.types(t, "U0SRE1", "override LIST"))
		for _, text := range []string{"", "help", "HELP me"} {
			require.Contains(t, w.types(t, "U0SRE1", text), "override SCHEDULE PERSON for 2h")
		}
		require.Regexp(t, `broken: .*\n   Not certain: schedule broken: layers\[1\]: `, w.types(t, "U0SRE1", "oncall broken"))
		w.roster.Overrides = nil
		require.Contains(t, w.types(t, "U0SRE1", "override list"), "No override")
		require.Empty(t, w.wrote)
		require.Contains(t, w.metrics(t), `lastgood_commands_total{result="answered"} 8`)
	})
}

func TestACommandThatMakesNoSenseSaysWhyAndChangesNothing(t *testing.T) {
	for text, says := range map[string]string{
		"page everybody":                                    `"page" is no command; try /lastgood help.`,
		"oncall primary now":                                `"now" is one word too many; it is written /lastgood oncall [SCHEDULE].`,
		"oncall primray":                                    "there is no schedule primray; did you mean primary?",
		"override":                                          "say in which schedule, and who; it is written /lastgood override SCHEDULE PERSON for 2h",
		"override primary":                                  "say in which schedule, and who",
		"override primary bob":                              "say either until when it lasts or for how long",
		"override primary bob for":                          `"for" says nothing by itself`,
		"override primary bob for ever":                     `"ever" is no time like 90m, 2h or 3d`,
		"override primary bob for -2h":                      `"-2h" is no time like 90m, 2h or 3d`,
		"override primary bob for 2h for 3h":                `"for" is not expected there`,
		"override primary bob until monday":                 `"until" is not expected there`,
		"override primary bob to tomorrow":                  `the end: "tomorrow" is not a date and time like 2026-01-05T09:00`,
		"override primray bob for 2h":                       "there is no schedule primray; did you mean primary?",
		"override primary bop for 2h":                       "there is no person bop; did you mean bob?",
		"override primary @U0EVE for 2h":                    "there is no person @U0EVE",
		"override remove":                                   "say which one; it is written /lastgood override remove ID.",
		"swap primary":                                      "say in which schedule, and a moment of each of the two shifts",
		"swap primary 2098-01-01T00:00 with now":            `"now" is not a date and time`,
		"swap alone 2098-01-01T00:00 with 2098-01-09T00:00": "has no end",
		strings.Repeat("override ", 30):                     "that is more than is read",
		"override primary " + strings.Repeat("b", 300):      "that is more than is read",
	} {
		w := newWorld(t)
		w.roster = crew()
		said := w.types(t, "U0SRE1", text)
		require.Contains(t, said, "Nothing was done: ", text)
		require.Contains(t, said, says, text)
		require.NotContains(t, said, "?.", text)
		w.requireUntouched(t)
		require.Contains(t, w.metrics(t), `lastgood_commands_total{result="refused"} 1`, text)
	}
}

func TestWhatTheRosterRefusesIsToldPrivately(t *testing.T) {
	for text, err := range map[string]error{
		"override primary bob for 2h": signals.ErrFull,
		"override remove xmsa":        signals.ErrNoOverride,
	} {
		w := newWorld(t)
		w.roster, w.write = crew(), func(context.Context) error { return err }
		require.Contains(t, w.types(t, "U0SRE1", text), "Nothing was done: "+err.Error())
	}
}

func TestAStrangersCommandIsToldSoAndDoesNothing(t *testing.T) {
	w := newWorld(t)
	w.roster = crew()
	require.Contains(t, w.types(t, "U0X", "override primary bob for 2h"), "Nothing was done: nobody in lastgood.yaml has your Slack user ID, U0X.")
	w.requireUntouched(t)
	require.Contains(t, w.metrics(t), `lastgood_commands_total{result="unknown_person"} 1`)
}

func TestARefusedCommandReachesNobody(t *testing.T) {
	good := `{"ID":"t","User":"U0SRE1","Words":["override","primary","bob","for","2h"]}`
	down := errors.New("refused by 10.0.0.1")
	for _, c := range []struct {
		name        string
		body        string
		unsign      bool
		away, write error
		status      int
		result      string
	}{
		{"bad or stale signature", good, true, nil, nil, 401, "unauthorized"},
		{"broken, signed", `{"ID":`, false, nil, nil, 400, "unreadable"},
		{"2 MiB", strings.Repeat("x", 2<<20), false, nil, nil, 413, "too_large"},
		{"Temporal down", good, false, nil, down, 503, "not_stored"},
		{"the roster not known", good, false, down, nil, 503, "not_stored"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.roster, w.away, w.write = crew(), c.away, func(context.Context) error { return c.write }
			r := signedCommand(t, c.body)
			if c.unsign {
				r.Header.Set("X-Slack-Signature", "v0=forged")
			}
			require.NotContains(t, requireProblem(t, w.send(r), c.status), "10.0.0.1", "what went wrong inside is not for outside")
			w.requireUntouched(t)
			require.Contains(t, w.metrics(t), `lastgood_commands_total{result="`+c.result+`"} 1`)
		})
	}
}

func TestWithoutTemporalWhoIsOnCallIsToldByTheFile(t *testing.T) {
	w := newWorld(t)
	w.roster, w.away = crew(), errors.New("away")
	said := w.types(t, "U0SRE1", "oncall alone")
	require.Contains(t, said, "overrides entered at run time are missing")
	require.Contains(t, said, "alone: Ana (u0sre1)")
}

func TestSlackHasItsAnswerToACommandWithin3SecondsWhenTemporalHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.roster = crew()
		w.write = func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}
		began := time.Now()
		requireProblem(t, w.send(commandRequest(t, "U0SRE1", "override primary bob for 2h")), http.StatusServiceUnavailable)
		require.Less(t, time.Since(began), 3*time.Second)
		w.requireUntouched(t)
	})
}
