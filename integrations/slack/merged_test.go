package slack_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/slack"
)

// pagesOf are pages of n incidents, all as the usual card but for who they are.
func pagesOf(n int) []incident.Message {
	var pages []incident.Message
	for i := range n {
		c := card()
		c.Incident, c.Service = fmt.Sprintf("INC-261122-%06d", i), fmt.Sprintf("checkout-%02d", i%7)
		c.Workflow, c.OpenedAt = fmt.Sprintf("incident/%s/%016x", c.Service, i), c.OpenedAt.Add(time.Duration(i)*time.Second)
		if i%3 == 2 {
			c.Severity = incident.SEV3
		}
		c.Links = append(c.Links, incident.Link{Text: "History", URL: fmt.Sprintf("https://temporal.example.com/namespaces/default/workflows/incident%%2F%s/%032x/history", c.Service, i)})
		pages = append(pages, incident.Message{Card: &c, Page: true, Marker: fmt.Sprintf("%s/page/1.1.1.0/slack/U0SRE1", c.Incident)})
	}
	return pages
}

func TestAMergedPageNamesEveryIncidentAndShowsTheFirstTwenty(t *testing.T) {
	for _, n := range []int{2, 20, 21, 60, incident.MergeAtMost} {
		t.Run(fmt.Sprintf("%d incidents", n), func(t *testing.T) {
			blocks, fallback := slack.Draw(incident.Merge(pagesOf(n)))
			fits(t, blocks, fallback)
			drawn := encoded(t, blocks)
			for i := range n {
				named := strings.Count(drawn, fmt.Sprintf("INC-261122-%06d", i)) - strings.Count(drawn, fmt.Sprintf(`\"incident\":\"INC-261122-%06d`, i))
				require.Equal(t, 1, named, "incident %d is named once, its button apart", i)
			}
			require.Len(t, buttonsOf(blocks), min(n, 20))
			require.Contains(t, drawn, fmt.Sprintf("%d incidents at once", n))
			require.Contains(t, fallback, fmt.Sprintf("%d incidents: SEV1", n))
			if n > 20 {
				require.Contains(t, drawn, fmt.Sprintf("*and %d more*", n-20))
			}
		})
	}
}

func TestAButtonOfAMergedPageIsMadeForItsIncident(t *testing.T) {
	blocks, _ := slack.Draw(incident.Merge(pagesOf(2)))
	second := buttonsOf(blocks)[1]
	require.Equal(t, "acknowledge", second.ActionID)
	require.JSONEq(t, `{"incident":"INC-261122-000001","workflow":"incident/checkout-01/0000000000000001"}`, second.Value)
}

func TestAMergedPageSaysWhoAsksAndForWhat(t *testing.T) {
	pages := pagesOf(3)
	pages[1].Card.Why = "sre-1 asks for your help"
	blocks, _ := slack.Draw(incident.Merge(pages))
	require.Contains(t, encoded(t, blocks), "sre-1 asks for your help. "+pages[1].Card.Summary)
}

func TestWhateverIsMergedIsTakenBySlackAndNamesEachIncident(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pages []incident.Message
		worst := anyCard(t)
		worst.Buttons[0].Action = "acknowledge"
		for i := range rapid.IntRange(2, incident.MergeAtMost).Draw(t, "n") {
			c := worst
			c.Incident = fmt.Sprintf("INC-261122-%06d", i)
			pages = append(pages, incident.Message{Card: &c, Page: true, Marker: c.Incident})
		}
		blocks, fallback := slack.Draw(incident.Merge(pages))
		fits(t, blocks, fallback)
		drawn := encoded(t, blocks)
		for _, p := range pages {
			require.Contains(t, drawn, p.Card.Incident)
		}
	})
}

func TestAMergedPageIsFoundByEachOfItsMarkers(t *testing.T) {
	vendor := fake(t, `{"ok":true,"channel":"D1","ts":"1.5"}`)
	pages := pagesOf(incident.MergeAtMost)
	_, err := vendor.client().Post(t.Context(), "U1", incident.Merge(pages))
	require.NoError(t, err)
	metadata := vendor.calls[0].form.Get("metadata")
	require.Less(t, len(metadata), 8000)

	lying := fake(t, `{"ok":true,"messages":[{"ts":"1.5","metadata":`+metadata+`}]}`)
	for _, page := range pages {
		at, found, err := lying.client().Find(t.Context(), "C1", page)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, incident.Receipt{Channel: "C1", TS: "1.5", With: len(pages) - 1}, at)
	}
	_, found, err := lying.client().Find(t.Context(), "C1", incident.Message{Marker: "another"})
	require.NoError(t, err)
	require.False(t, found)
	require.True(t, json.Valid([]byte(metadata)))
}
