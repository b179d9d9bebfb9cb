package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/test/e2e"
)

func TestAnOverrideEnteredWhileStep1WaitsIsHonouredAtStep2(t *testing.T) {
	t.Parallel()
	for name, enter := range map[string]func(*e2e.Harness){
		"by the command line": func(h *e2e.Harness) {
			h.Does("oncall", "override", "--schedule", "secondary", "--person", "sre-2", "--for", "2h")
		},
		"by a slash command": func(h *e2e.Harness) {
			h.Slash(e2e.FirstResponder, "override secondary <@U0SRE2|sre2> for 2h").Told("Second responder (sre-2) is on call in secondary", "entered by First responder (sre-1)", "Stored")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true, Secondary: true, AckWithin: 8 * time.Second})

			h.Fire("checkout")
			first := h.Slack(e2e.FirstResponder).ExpectMessage("SEV1", "checkout")
			enter(h)
			second := h.Slack(e2e.SecondResponder).ExpectMessage(first.Incident())
			require.WithinRange(t, second.At, first.At.Add(8*time.Second), first.At.Add(13*time.Second))
			second.Click("acknowledge", e2e.SecondResponder).Told("Acknowledged by sre-2")
		})
	}
}

func TestTheRosterIsReadAndWrittenWithAllWorkersStopped(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true})

	require.Equal(t, "sre-1", h.OnCall("primary").Person)
	said := h.Does("oncall", "override", "--schedule", "primary", "--person", "sre-2", "--for", "2h", "--by", "sre-1")
	require.Contains(t, said.Output, "Second responder (sre-2) is on call in primary from ")
	require.NotContains(t, said.Output, "as soon as a worker runs")

	h.StopWorker()
	require.Equal(t, "sre-2", h.OnCall("primary").Person)
	answer, told := h.AskOnCall(h.Starter(), "primary")
	require.Equal(t, http.StatusOK, answer.Status)
	require.Equal(t, "sre-2", told.Person)
	require.Equal(t, 2*time.Hour, told.Until.Sub(told.Since))
	require.Equal(t, "sre-1", told.Next.Person)
	require.Equal(t, told.Until, told.Next.From)

	said = h.Does("oncall", "override", "--schedule", "secondary", "--person", "sre-2", "--for", "2h")
	require.Contains(t, said.Output, "counts as soon as a worker runs")
	require.Equal(t, "sre-1", h.OnCall("secondary").Person)
	h.StartWorker()
	h.ExpectOnCall("secondary", "sre-2")
}

func TestShiftsAreSwappedAndTakenBack(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true})
	current := h.OnCall("weekly")
	other := map[string]string{"sre-1": "sre-2", "sre-2": "sre-1"}[current.Person]

	h.Does("oncall", "swap", "--schedule", "weekly", "--shift", time.Now().Format(time.RFC3339), "--with", current.Until.Format(time.RFC3339))
	h.ExpectOnCall("weekly", other)
	kept := h.Kept().Overrides
	require.Len(t, kept, 2)
	require.Equal(t, kept[0].ID, kept[1].ID)
	require.Equal(t, "operator", kept[0].By)
	require.Contains(t, h.Does("oncall", "override", "list").Output, kept[0].ID)

	again := h.Operator("oncall", "override", "remove", "nosuch")
	require.Equal(t, 1, again.Code)
	require.Contains(t, again.Errors, "there is no override nosuch")
	h.Slash(e2e.SecondResponder, "override remove "+kept[0].ID).Told("is removed")
	h.ExpectOnCall("weekly", current.Person)
	require.Empty(t, h.Kept().Overrides)
}

func TestWhileTemporalIsAwayTheFileAnswersAndNothingIsEntered(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true})
	h.Does("oncall", "override", "--schedule", "primary", "--person", "sre-2", "--for", "2h")
	h.ExpectOnCall("primary", "sre-2")

	h.KillTemporal()
	now := h.Does("oncall", "now", "--schedule", "primary", "--output", "json")
	require.Contains(t, now.Output, `"person": "sre-1"`)
	require.Contains(t, now.Errors, "overrides entered at run time are missing")
	for _, args := range [][]string{
		{"override", "--schedule", "primary", "--person", "sre-1", "--for", "1h"},
		{"swap", "--schedule", "weekly", "--shift", "2098-01-01T09:00", "--with", "2098-01-08T09:00"},
		{"override", "remove", "abc"},
		{"override", "list"},
	} {
		refused := h.Operator(append([]string{"oncall"}, args...)...)
		require.Equal(t, 1, refused.Code)
		require.Contains(t, refused.Errors, "nothing was done")
		require.Contains(t, refused.Errors, "TEMPORAL_ADDRESS")
	}
	answer, told := h.AskOnCall(h.Starter(), "primary")
	require.Equal(t, http.StatusOK, answer.Status)
	require.Equal(t, "sre-2", told.Person, "the last good copy holds")
	require.Less(t, answer.Took, 2*time.Second)
}

func TestASlashCommandOfAStrangerOrWithoutSenseChangesNothing(t *testing.T) {
	t.Parallel()
	h := e2e.Start(t, e2e.Setting{OwnTemporal: true, Plain: true})
	h.Slash("U0STRANGER", "override primary sre-2 for 2h").Told("Nothing was done", "U0STRANGER")
	h.Slash(e2e.FirstResponder, "override primray sre-2 for 2h").Told("there is no schedule primray; did you mean primary?")
	h.Slash(e2e.FirstResponder, "override primary sre-2").Told("it is written /lastgood override SCHEDULE PERSON for 2h")
	h.Slash(e2e.FirstResponder, "oncall primary").Told("primary: First responder (sre-1)")
	h.Slash(e2e.FirstResponder, "help").Told("swap SCHEDULE")
	require.Empty(t, h.Kept())
	h.ExpectRuns("", 0)
}
