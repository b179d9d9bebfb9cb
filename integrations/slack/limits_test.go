package slack_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	api "github.com/slack-go/slack"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/integrations/slack"
	"github.com/seed-44180607/lastgood/release"
)

func TestWhateverIsDrawnIsTakenBySlack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCard(t)
		blocks, fallback := slack.Draw(incident.Message{Card: &c, Page: rapid.Bool().Draw(t, "page")})
		fits(t, blocks, fallback)
		require.NotEmpty(t, buttonsOf(blocks), "the buttons are never left out")
	})
}

func TestWhateverHappenedIsTakenBySlack(t *testing.T) {
	entry := rapid.Custom(func(t *rapid.T) incident.Entry {
		return incident.Entry{At: night, Text: text.Draw(t, "text"), URL: address.Draw(t, "url")}
	})
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(entry, 1, 80).Draw(t, "entries")
		blocks, fallback := slack.Draw(incident.Message{Entries: entries})
		fits(t, blocks, fallback)
	})
}

func TestWhateverIsSaidIsTakenBySlack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		blocks, fallback := slack.Draw(incident.Message{Notice: text.Draw(t, "notice")})
		fits(t, blocks, fallback)
	})
}

func TestALongThreadIsShownFromItsBeginningAndTheRestCounted(t *testing.T) {
	var entries []incident.Entry
	for i := range 300 {
		entries = append(entries, incident.Entry{At: night, Text: fmt.Sprintf("%04d %s", i, strings.Repeat("x", 80))})
	}
	blocks, fallback := slack.Draw(incident.Message{Entries: entries})
	fits(t, blocks, fallback)
	drawn := encoded(t, blocks)
	shown := strings.Count(drawn, "xxx  ") + strings.Count(drawn, strings.Repeat("x", 80))
	require.Greater(t, shown, 60)
	require.Contains(t, drawn, fmt.Sprintf("%04d xxx", shown-1))
	require.Contains(t, drawn, fmt.Sprintf("and %d more", len(entries)-shown))
	require.Contains(t, fallback, "(and 299 more)")
}

func TestATooLongCardKeepsItsFactsAndButtons(t *testing.T) {
	c := card()
	long := strings.Repeat(`"`, 3000)
	c.Notes, c.Alerts = []string{long, long, long, long, long, long}, []string{long, long, long, long, long, long, long, long}
	for range 20 {
		c.Commits = append(c.Commits, release.Commit{ID: "abc", Author: long, Subject: long})
		c.Links = append(c.Links, incident.Link{Text: "x", URL: "https://example.com/" + strings.Repeat("a", 900)})
	}
	blocks, fallback := slack.Draw(incident.Message{Card: &c})
	fits(t, blocks, fallback)
	drawn := encoded(t, blocks)
	require.Contains(t, drawn, "2026.11.9")
	require.Contains(t, drawn, "Second responder")
	require.Len(t, buttonsOf(blocks), 4)
}

func TestTheWorstCardKeepsItsHeadingAndButtons(t *testing.T) {
	worst, far := strings.Repeat(`"`, 4000), "https://example.com/?"+strings.Repeat(`"`, 970)
	c := card()
	c.Service, c.Environment, c.Summary, c.State, c.Next, c.Rollback, c.Failure = worst, worst, worst, worst, worst, worst, worst+": "+worst
	c.RollbackURL = far
	c.InService = &release.Deployment{Release: worst, URL: far, By: worst, Finished: night}
	c.Target = c.InService
	for i := range c.Buttons {
		c.Buttons[i].Text, c.Buttons[i].Confirm = worst, worst
	}
	blocks, fallback := slack.Draw(incident.Message{Card: &c})
	fits(t, blocks, fallback)
	require.IsType(t, &api.HeaderBlock{}, blocks[0])
	require.Len(t, buttonsOf(blocks), 4)
}

func TestAButtonWhoseValueSlackWouldRefuseIsLeftOut(t *testing.T) {
	c := card()
	c.Buttons[1].Release = strings.Repeat("9", 2000)
	c.Buttons = append(c.Buttons, incident.Button{Action: "acknowledge", Text: "Again"})
	blocks, _ := slack.Draw(incident.Message{Card: &c})
	require.Len(t, buttonsOf(blocks), 3)
}

func TestAButtonIsMadeForOneIncidentAndOneRelease(t *testing.T) {
	c := card()
	blocks, _ := slack.Draw(incident.Message{Card: &c})
	b := buttonsOf(blocks)[1]
	require.Equal(t, "roll-back", b.ActionID)
	require.JSONEq(t, `{"incident":"INC-261122-K7Q2ZD","workflow":"incident/checkout/5f0c","release":"2026.11.8"}`, b.Value)
	require.Equal(t, "Roll checkout back from 2026.11.9 to 2026.11.8?", b.Confirm.Text.Text)
}

// Texts as bad as they come.
var (
	text = rapid.OneOf(
		rapid.String(),
		rapid.StringN(0, 6000, -1),
		rapid.SampledFrom([]string{
			"", "<!channel>", "<@U1>", "<!subteam^S1|x>", "<https://evil.example|ok>", "a\n*b*", "```",
			strings.Repeat("<", 4000), strings.Repeat("\U0001F525", 4000), strings.Repeat(`"`, 4000), strings.Repeat("x", 9000),
		}),
	)
	address = rapid.OneOf(text, rapid.Just("https://u:p@example.com/a|b>c?x=<!channel>&y=1"))
	instant = rapid.SampledFrom([]time.Time{{}, night})
)

func anyCard(t *rapid.T) incident.Card {
	deployment := rapid.Ptr(rapid.Custom(func(t *rapid.T) release.Deployment {
		return release.Deployment{Release: text.Draw(t, "release"), By: text.Draw(t, "by"), URL: address.Draw(t, "url"), Finished: instant.Draw(t, "at")}
	}), true)
	texts := rapid.SliceOfN(text, 0, 12)
	c := incident.Card{
		Incident: "INC-261122-K7Q2ZD", Workflow: "incident/checkout/5f0c",
		Service: text.Draw(t, "service"), Environment: text.Draw(t, "environment"), Severity: incident.SEV1,
		Status: rapid.SampledFrom([]incident.Status{incident.Triggered, incident.Acknowledged, incident.Resolved}).Draw(t, "status"),
		State:  text.Draw(t, "state"), Summary: text.Draw(t, "summary"), OpenedAt: instant.Draw(t, "opened"),
		Alerts: texts.Draw(t, "alerts"), InService: deployment.Draw(t, "in service"), Target: deployment.Draw(t, "target"),
		Next: text.Draw(t, "next"), NextAt: instant.Draw(t, "next at"), Rollback: text.Draw(t, "rollback"),
		RollbackURL: address.Draw(t, "build"), Failure: text.Draw(t, "failure"), Notes: texts.Draw(t, "notes"),
	}
	for range rapid.IntRange(0, 12).Draw(t, "n") {
		c.Commits = append(c.Commits, release.Commit{ID: text.Draw(t, "id"), Author: text.Draw(t, "author"), Subject: text.Draw(t, "subject")})
		c.Links = append(c.Links, incident.Link{Text: text.Draw(t, "link"), URL: address.Draw(t, "to")})
	}
	for i := range 6 {
		c.Buttons = append(c.Buttons, incident.Button{
			Action: fmt.Sprintf("do-%d", i), Text: text.Draw(t, "button"), Confirm: text.Draw(t, "confirm"),
			Style: rapid.SampledFrom([]string{"", "primary", "danger", "odd"}).Draw(t, "style"),
		})
	}
	return c
}

// fits demands what Slack demands of a message, and that nothing in it is a
// mention or a link but ours.
func fits(t require.TestingT, blocks []api.Block, fallback string) {
	length := func(s string) int { return len(utf16.Encode([]rune(s))) }
	texts := func(o *api.TextBlockObject, most int) {
		require.NotNil(t, o)
		require.NotEmpty(t, o.Text)
		require.LessOrEqual(t, length(o.Text), most)
		if o.Type == api.MarkdownType {
			require.True(t, o.Verbatim)
			tame(t, o.Text)
		}
	}
	require.NotEmpty(t, blocks)
	require.LessOrEqual(t, len(blocks), 50)
	require.LessOrEqual(t, length(encoded(t, blocks)), 12000)
	require.LessOrEqual(t, length(fallback), 4000)
	tame(t, fallback)
	for _, block := range blocks {
		switch b := block.(type) {
		case *api.HeaderBlock:
			texts(b.Text, 150)
		case *api.SectionBlock:
			require.True(t, b.Text != nil || len(b.Fields) > 0)
			require.LessOrEqual(t, len(b.Fields), 10)
			if b.Text != nil {
				texts(b.Text, 3000)
			}
			for _, field := range b.Fields {
				texts(field, 2000)
			}
			if b.Accessory != nil {
				require.NotNil(t, b.Accessory.ButtonElement)
			}
		case *api.ContextBlock:
			require.LessOrEqual(t, len(b.ContextElements.Elements), 10)
			for _, element := range b.ContextElements.Elements {
				object, ok := element.(*api.TextBlockObject)
				require.True(t, ok)
				texts(object, 3000)
			}
		case *api.ActionBlock:
			require.LessOrEqual(t, len(b.Elements.ElementSet), 25)
		default:
			require.Fail(t, "another block", "%T", block)
		}
	}
	for _, b := range buttonsOf(blocks) {
		texts(b.Text, 75)
		require.LessOrEqual(t, length(b.Value), 2000)
		require.True(t, json.Valid([]byte(b.Value)))
		require.Contains(t, []api.Style{"", api.StylePrimary, api.StyleDanger}, b.Style)
		if b.Confirm != nil {
			texts(b.Confirm.Title, 100)
			texts(b.Confirm.Text, 300)
			texts(b.Confirm.Confirm, 30)
			texts(b.Confirm.Deny, 30)
		}
	}
}

var (
	control = regexp.MustCompile(`<[^>]*>`)
	ours    = regexp.MustCompile(`^<(!date\^\d+\^[^|<>]*\|[^|<>]*|#[CG][A-Z0-9]+|https?://[^|<>\s]+\|[^<>]*)>$`)
)

// tame demands that every control sequence is a date or a link to the web.
func tame(t require.TestingT, mrkdwn string) {
	mrkdwn = strings.TrimPrefix(mrkdwn, "<!channel> ")
	for _, sequence := range control.FindAllString(mrkdwn, -1) {
		require.Regexp(t, ours, sequence)
		require.NotContains(t, sequence, "u:p@")
	}
	rest := control.ReplaceAllString(mrkdwn, "")
	require.NotContains(t, rest, "<")
	require.NotContains(t, rest, "```")
}

func buttonsOf(blocks []api.Block) []*api.ButtonBlockElement {
	var out []*api.ButtonBlockElement
	for _, block := range blocks {
		if one, ok := block.(*api.SectionBlock); ok && one.Accessory != nil {
			out = append(out, one.Accessory.ButtonElement)
		}
		if actions, ok := block.(*api.ActionBlock); ok {
			for _, element := range actions.Elements.ElementSet {
				out = append(out, element.(*api.ButtonBlockElement))
			}
		}
	}
	return out
}

func encoded(t require.TestingT, blocks []api.Block) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(blocks))
	return b.String()
}
