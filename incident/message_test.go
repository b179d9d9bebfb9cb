package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

func TestPagesAreMergedWithTheWorstAndThenTheOldestFirst(t *testing.T) {
	noon := time.Date(2026, 1, 6, 12, 0, 0, 0, time.UTC)
	page := func(id string, severity incident.Severity, at time.Duration) incident.Message {
		return incident.Message{Marker: id, Page: true, Card: &incident.Card{Incident: id, Severity: severity, OpenedAt: noon.Add(at)}}
	}
	merged := incident.Merge([]incident.Message{
		page("d", incident.SEV3, 0), page("c", incident.SEV2, time.Minute), page("b", incident.SEV2, 0), page("a", incident.SEV1, time.Hour),
	})

	var order []string
	for _, m := range merged.Merged {
		order = append(order, m.Marker)
	}
	require.Equal(t, []string{"a", "b", "c", "d"}, order)
	require.Nil(t, merged.Card)
	require.True(t, merged.Page)
}

func TestOnePageAloneStaysAsItIs(t *testing.T) {
	alone := incident.Message{Marker: "m", Page: true, Card: &incident.Card{Incident: "INC"}}
	require.Equal(t, alone, incident.Merge([]incident.Message{alone}))
}

func TestAPageIsAnsweredByWhatItAsksFor(t *testing.T) {
	acknowledge, approve := incident.Button{Action: "acknowledge"}, incident.Button{Action: "approve-rollback", Release: "v41"}
	escalate := incident.Button{Action: "escalate"}
	require.Equal(t, &acknowledge, incident.Card{Buttons: []incident.Button{escalate, acknowledge}}.Answer())
	require.Equal(t, &approve, incident.Card{Buttons: []incident.Button{acknowledge, approve}}.Answer())
	require.Nil(t, incident.Card{Buttons: []incident.Button{escalate}}.Answer())
}

func TestTheHistoryIsWhereToReadAllOfIt(t *testing.T) {
	runbook, history := incident.Link{Text: "Runbook", URL: "https://wiki"}, incident.Link{Text: "History", URL: "https://temporal"}
	require.Equal(t, "https://temporal", incident.Card{Links: []incident.Link{runbook, history}}.History())
	require.Equal(t, "https://wiki", incident.Card{Links: []incident.Link{runbook}}.History())
	require.Empty(t, incident.Card{}.History())
}
