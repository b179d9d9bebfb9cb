package twilio_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/twilio"
)

func TestATextSaysWhatIsWrongAndHowToAnswer(t *testing.T) {
	for name, c := range map[string]struct{ summary, want string }{
		"short":            {"More than 5% of the requests fail", "SEV1 checkout: More than 5% of the requests fail. Reply OK 7QXM2A to acknowledge, ESC 7QXM2A to escalate. #sl3b"},
		"with a full stop": {"It is down.", "SEV1 checkout: It is down. Reply OK 7QXM2A to acknowledge, ESC 7QXM2A to escalate. #sl3b"},
		"typographic":      {"“5xx” – over 5 %…", `SEV1 checkout: "5xx" - over 5 %. Reply OK 7QXM2A to acknowledge, ESC 7QXM2A to escalate. #sl3b`},
		"several lines":    {"down\r\n\r\nnow\x00", "SEV1 checkout: down now. Reply OK 7QXM2A to acknowledge, ESC 7QXM2A to escalate. #sl3b"},
		"another script":   {"決済が失敗", "SEV1 checkout: 決済が失敗. Reply OK 7QXM2A to acknowledge, ESC 7QXM2A to escalate. #sl3b"},
	} {
		t.Run(name, func(t *testing.T) {
			m := page()
			m.Card.Summary = c.summary
			require.Equal(t, c.want, twilio.Draw(m))
		})
	}
}

func TestATextAsksForNoAnswerThatIsNoneNow(t *testing.T) {
	acknowledged := func(c *incident.Card) {
		c.Status, c.State = incident.Acknowledged, "Acknowledged by sre-1 at 12:01 UTC"
	}
	for name, c := range map[string]struct {
		card func(*incident.Card)
		want string
	}{
		"help is asked for": {
			acknowledged,
			"SEV1 checkout: Acknowledged by sre-1 at 12:01 UTC: It is down. Your help is wanted in Slack, reply ESC 7QXM2A to escalate. #sl3b",
		},
		"a rollback waits for approval": {
			func(c *incident.Card) {
				acknowledged(c)
				c.Rollback = "Rollback to v41 requested by sre-1: waits for approval until 12:17 UTC"
				c.Buttons = []incident.Button{{Action: "approve-rollback"}, {Action: "reject-rollback"}}
			},
			"SEV1 checkout: Rollback to v41 requested by sre-1: waits for approval until 12:17 UTC. " +
				"Approve or reject it in Slack, reply ESC 7QXM2A to escalate. #sl3b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := page()
			m.Card.Summary = "It is down"
			c.card(m.Card)
			require.Equal(t, c.want, twilio.Draw(m))
		})
	}
}

func TestTwoPagesOfAnIncidentDiffer(t *testing.T) {
	other := page()
	other.Marker += "/again"
	require.NotEqual(t, twilio.Draw(page()), twilio.Draw(other))
}

func TestEveryTextTakesTwoSegmentsAtMostAndCanBeAnswered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := page()
		m.Card.Summary = rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~€äöü]{0,500}`), rapid.StringMatching(`[決済が失敗😀]{0,300}`)).Draw(t, "summary")
		got := twilio.Draw(m)
		require.Contains(t, got, "Reply OK 7QXM2A to acknowledge")
		require.NotContains(t, got, "\n")
		require.LessOrEqual(t, len(utf16.Encode([]rune(got))), 2*153)
		if strings.ContainsRune(got, '決') {
			require.LessOrEqual(t, len(utf16.Encode([]rune(got))), 2*67)
		}
		require.Equal(t, incident.TextAnswer{Action: "acknowledge", Code: "7QXM2A"}, incident.ReadText("OK 7QXM2A"))
	})
}
