package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
)

// What Slack takes in one message (https://docs.slack.dev/reference/block-kit), in
// UTF-16 units of the text.
const (
	maxHeader       = 150
	maxSection      = 3000
	maxButton       = 75
	maxValue        = 2000
	maxConfirmTitle = 100
	maxConfirmText  = 300
	maxConfirmLabel = 30
	maxBlocks       = 45
	// maxMessage bounds the blocks as JSON. Slack refuses more than about 13,200
	// characters, counts more than the texts, and documents neither
	// (github.com/slackapi/bolt-js, issues 2509 and 2867).
	maxMessage = 12000
	// maxActions is the buttons' share of it.
	maxActions = 8000
	maxButtons = 10
	maxCommits = 10
	maxLinks   = 8
	maxNotes   = 6
)

// Draw makes the blocks of a message, and the text that a locked phone shows. Block
// IDs are left to Slack, which wants new ones at every edit. Texts from outside
// stand as they are, mentions and links in them have no effect.
func Draw(m incident.Message) (blocks []slack.Block, fallback string) {
	switch {
	case m.Card != nil:
		return drawCard(*m.Card, m.Page), title(*m.Card)
	case len(m.Merged) > 0:
		return drawMerged(m.Merged), mergedTitle(m.Merged)
	case len(m.Entries) > 0:
		return drawEntries(m.Entries)
	default:
		text := escape(m.Notice, maxSection-20)
		if m.Loud {
			text = "<!channel> " + text
		}
		return []slack.Block{section(text)}, text
	}
}

// title is what a locked phone shows of a card.
func title(c incident.Card) string {
	return joined(escape(c.Why, 300), string(c.Severity), escape(c.Service, 80), escape(c.Failure, 300), escape(c.Summary, 300), escape(c.Incident, 40))
}

// part is a block of a card. When the card is too long the spare parts go first,
// then the facts; heading, status and buttons stay.
type part struct {
	block slack.Block
	need  need
}

type need int

const (
	spare need = iota
	fact
	must
)

// drawCard draws an incident. A page to one person begins with what is wrong; the
// card of a channel full of them, with how bad it is and where.
func drawCard(c incident.Card, page bool) []slack.Block {
	head, where := joined(string(c.Severity), plain(c.Service, 60), plain(c.Summary, maxHeader)), ""
	if page {
		head, where = plain(c.Summary, maxHeader), joined(string(c.Severity), escape(c.Service, 80))
	}
	var parts []part
	add := func(n need, blocks ...slack.Block) {
		for _, b := range blocks {
			parts = append(parts, part{b, n})
		}
	}
	add(must, header(head))
	if c.Why != "" {
		add(must, section("*"+escape(c.Why, 300)+"*"))
	}
	add(must, aside(status(c, where)))
	add(fact, failed(c)...)
	add(fact, affected(c)...)
	add(fact, releases(c)...)
	add(fact, rolling(c)...)
	add(fact, next(c)...)
	add(spare, firing(c)...)
	add(spare, commits(c)...)
	add(must, buttons(c)...)
	add(spare, notes(c)...)
	add(spare, links(c)...)
	return shrink(parts)
}

// shrink takes parts away, the least needed and of these the last first, until
// the message is short enough.
func shrink(parts []part) []slack.Block {
	for n := range must {
		for i := len(parts) - 1; i >= 0 && weight(blocksOf(parts)) > maxMessage; i-- {
			if parts[i].need == n {
				parts = slices.Delete(parts, i, i+1)
			}
		}
	}
	return blocksOf(parts)
}

func blocksOf(parts []part) []slack.Block {
	blocks := make([]slack.Block, len(parts))
	for i, p := range parts {
		blocks[i] = p.block
	}
	return blocks
}

// weight is the length of a value as JSON.
func weight(v any) int {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return maxMessage + 1
	}
	return units(b.String())
}

func status(c incident.Card, where string) string {
	word := string(c.Status)
	if word != "" {
		word = strings.ToUpper(word[:1]) + word[1:]
	}
	state := "*" + escape(word, 40) + "*"
	switch rest, repeats := strings.CutPrefix(c.State, word+" "); {
	case repeats:
		state += " " + escape(rest, 200)
	case c.State != "":
		state += " · " + escape(c.State, 200)
	}
	since := ""
	if at := c.Since(); !at.IsZero() {
		since = "since " + date(at, "{date_short_pretty} {time}")
	}
	return joined(local(state, c.StateAt), where, escape(c.Environment, 60), since, escape(c.Incident, 40))
}

// local shows a moment that a text names in UTC on the reader's own clock.
func local(text string, at time.Time) string {
	if at.IsZero() {
		return text
	}
	return strings.Replace(text, at.UTC().Format("15:04 UTC"), date(at, "{time}"), 1)
}

// failed says what failed, why, and where to read more.
func failed(c incident.Card) []slack.Block {
	if c.Failure == "" {
		return nil
	}
	what, why, found := strings.Cut(c.Failure, ": ")
	if !found {
		what, why = "Failed", c.Failure
	}
	return []slack.Block{section("*" + escape(what, 200) + "*: " + escape(why, 1000) + console(c.RollbackURL))}
}

func affected(c incident.Card) []slack.Block {
	if c.Affected == "" {
		return nil
	}
	return []slack.Block{section("*Affected services:* " + escape(c.Affected, 1000))}
}

func rolling(c incident.Card) []slack.Block {
	switch {
	case c.Rollback == "":
		return nil
	case c.Failure != "":
		return []slack.Block{section(escape(c.Rollback, 500))}
	default:
		return []slack.Block{section(escape(c.Rollback, 500) + build(c.RollbackURL))}
	}
}

func build(address string) string {
	if to := link("build", address); to != "build" {
		return " · " + to
	}
	return ""
}

// console links to what the build printed.
func console(address string) string {
	if to := link("console", strings.TrimRight(address, "/")+"/console"); address != "" && to != "console" {
		return " · " + to
	}
	return ""
}

func next(c incident.Card) []slack.Block {
	if c.Next == "" {
		return nil
	}
	text := "*Next:* "
	if !c.NextAt.IsZero() {
		text = "*Next at " + date(c.NextAt, "{time}") + ":* "
	}
	text += channels(escape(c.Next, 400), c.NextChannels)
	if c.Status == incident.Triggered {
		text += ", unless acknowledged"
	}
	return []slack.Block{section(text)}
}

// channels makes mentions of the channels that an escaped text names by their IDs,
// which mean nothing to people.
func channels(text string, ids []string) string {
	for _, id := range ids {
		if channelID.MatchString(id) {
			text = strings.ReplaceAll(text, id, "<#"+id+">")
		}
	}
	return text
}

var channelID = regexp.MustCompile(`^[CG][A-Z0-9]{2,20}$`)

func releases(c incident.Card) []slack.Block {
	var fields []*slack.TextBlockObject
	if c.InService != nil {
		fields = append(fields, deployment("In service", "since", *c.InService))
	}
	if c.Target != nil {
		fields = append(fields, deployment("Go back to", "deployed", *c.Target))
	}
	if len(fields) == 0 {
		return nil
	}
	return []slack.Block{slack.NewSectionBlock(nil, fields, nil)}
}

func deployment(name, verb string, d release.Deployment) *slack.TextBlockObject {
	named, when, by := d.Release, "", ""
	if named == "" {
		named = "unknown"
	}
	at := d.Finished
	if at.IsZero() {
		at = d.Started
	}
	if !at.IsZero() {
		when = verb + " " + date(at, "{date_short_pretty} {time}")
	}
	if d.By != "" {
		by = "by " + escape(d.By, 80)
	}
	return mrkdwn("*" + name + "*\n" + joined(link(escape(named, 150), d.URL), when, by))
}

func firing(c incident.Card) []slack.Block {
	if len(c.Alerts) == 0 || (len(c.Alerts)+c.More == 1 && c.Alerts[0] == c.Summary) {
		return nil
	}
	names := make([]string, 0, maxLinks+1)
	for _, name := range c.Alerts[:min(len(c.Alerts), maxLinks)] {
		names = append(names, escape(name, 150))
	}
	if more := c.More + len(c.Alerts) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return []slack.Block{section("*Firing:* " + joined(names...))}
}

func commits(c incident.Card) []slack.Block {
	if len(c.Commits) == 0 {
		return nil
	}
	lines := []string{"*Changes in service*"}
	if c.Target != nil {
		lines[0] = "*Changed since " + escape(c.Target.Release, 150) + "*"
	}
	for _, one := range c.Commits[:min(len(c.Commits), maxCommits)] {
		subject, _, _ := strings.Cut(strings.TrimSpace(one.Subject), "\n")
		id := []rune(line(one.ID))
		lines = append(lines, fmt.Sprintf("• `%s` %s - %s",
			escape(string(id[:min(len(id), 8)]), 40), escape(one.Author, 60), escape(subject, 150)))
	}
	if more := c.MoreCommits + len(c.Commits) + 1 - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return []slack.Block{section(strings.Join(lines, "\n"))}
}

func notes(c incident.Card) []slack.Block {
	lines := make([]string, 0, maxNotes)
	for _, note := range c.Notes[:min(len(c.Notes), maxNotes)] {
		lines = append(lines, escape(note, 300))
	}
	return small(strings.Join(lines, "\n"))
}

func links(c incident.Card) []slack.Block {
	list := make([]string, 0, maxLinks)
	for _, l := range c.Links[:min(len(c.Links), maxLinks)] {
		list = append(list, link(escape(l.Text, 80), l.URL))
	}
	return small(joined(list...))
}

// small is a grey line, none when there is nothing to say.
func small(text string) []slack.Block {
	if text == "" {
		return nil
	}
	return []slack.Block{aside(text)}
}
