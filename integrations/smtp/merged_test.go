package smtp_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/incident"
)

// storm are the pages of n incidents.
func storm(n int) []incident.Message {
	pages := make([]incident.Message, n)
	for i := range pages {
		id := fmt.Sprintf("INC-261128-STORM%c%c", 'A'+i/26, 'A'+i%26)
		pages[i] = incident.Message{Page: true, Marker: id + "/page/0.1.1.0/email/sre-1@example.com", Card: &incident.Card{
			Incident: id, Service: "checkout", Severity: incident.SEV2, Summary: fmt.Sprintf("Trouble %d", i),
			OpenedAt: opened.Add(time.Duration(i) * time.Second),
			Links:    []incident.Link{{Text: "Runbook", URL: "https://wiki.example.com"}, {Text: "History", URL: "https://temporal.example.com/" + id}},
		}}
	}
	return pages
}

func sent(t *testing.T, pages ...incident.Message) (id, subject string, parts map[string]string) {
	t.Helper()
	s := &server{}
	_, err := send(t, s.serve(t, ""), incident.Merge(pages))
	require.NoError(t, err)
	m := s.message(t)
	require.Empty(t, m.Header.Get("References"), "the threads of the incidents are not to become one")
	require.Equal(t, "auto-generated", m.Header.Get("Auto-Submitted"))
	return m.Header.Get("Message-Id"), m.Header.Get("Subject"), partsOf(t, m)
}

func TestTheMailOfAStormSaysWhatIsWorstAndNamesEveryIncidentOnce(t *testing.T) {
	pages := storm(49)
	pages[30].Card.Severity, pages[30].Card.Service = incident.SEV1, "basket"
	_, subject, parts := sent(t, pages...)

	require.Equal(t, "49 incidents: [SEV1] basket: Trouble 30, and 48 more", subject)
	id := regexp.MustCompile(`INC-\d{6}-[A-Z]{7}`)
	text := parts["text/plain"]
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(id.FindAllString(text, -1)))), 49)
	for _, want := range []string{
		"49 incidents at once: 1 × SEV1 · 48 × SEV2", "Each needs its own answer.",
		"[SEV1] basket: Trouble 30\nINC-261128-STORMBE <https://temporal.example.com/INC-261128-STORMBE>\n",
		"[SEV2] checkout: Trouble 0\n", "[SEV2] checkout: Trouble 18\n", "\nand 29 more:\nINC-261128-STORMAT\n",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "Trouble 19")
	require.NotContains(t, text, "\n\n\n")
	html := parts["text/html"]
	require.Contains(t, html, `<a href="https://temporal.example.com/INC-261128-STORMBE" style="color:#175cd3">INC-261128-STORMBE</a>`)
	require.Contains(t, html, "and 29 more</p>")
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(id.FindAllString(html, -1)))), 49)
}

func TestAFewIncidentsAreAllShown(t *testing.T) {
	_, subject, parts := sent(t, storm(2)...)
	require.Equal(t, "2 incidents: [SEV2] checkout: Trouble 0, and 1 more", subject)
	require.NotContains(t, parts["text/plain"], "more:")
	require.True(t, strings.HasSuffix(strings.TrimSpace(parts["text/plain"]), "Answer in Slack: nobody reads what is sent to this address."))
}

func TestTheSamePagesHaveTheSameMessageIDInWhateverOrder(t *testing.T) {
	pages := storm(3)
	once, _, _ := sent(t, pages...)
	again, _, _ := sent(t, pages[2], pages[0], pages[1])
	others, _, _ := sent(t, pages[:2]...)
	require.Equal(t, once, again)
	require.NotEqual(t, once, others)
	require.Regexp(t, `^<[a-z2-7]{32}@example\.com>$`, once)
}

func TestTextsFromOutsideStayTextInAMergedMail(t *testing.T) {
	pages := storm(2)
	pages[0].Card.Summary, pages[0].Card.Links = "<b>boom</b>\r\nBcc: all@example.com", []incident.Link{{Text: "History", URL: "javascript:alert(1)"}}
	_, subject, parts := sent(t, pages...)
	require.Equal(t, "2 incidents: [SEV2] checkout: <b>boom</b> Bcc: all@example.com, and 1 more", subject)
	require.NotContains(t, parts["text/html"], "<b>")
	require.NotContains(t, parts["text/html"], "javascript:")
}

func TestAMailWithoutCardsIsNotSent(t *testing.T) {
	for _, m := range []incident.Message{{}, {Merged: []incident.Message{page(), {Marker: "m"}}}} {
		s := &server{}
		_, err := send(t, s.serve(t, ""), m)
		require.ErrorContains(t, failure(t, err), "there is no card to draw")
		require.Empty(t, s.named)
	}
}
