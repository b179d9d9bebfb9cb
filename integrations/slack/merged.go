package slack

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/seed-44180607/lastgood/incident"
)

// maxDetailed is how many incidents of a merged page are shown one by one; the
// others are named.
const maxDetailed = 20

// An amount is how much is said of each incident that is shown.
type amount struct {
	summary int
	linked  bool
}

// amounts are tried in turn until the message is short enough for Slack.
var amounts = []amount{{150, true}, {80, true}, {150, false}, {80, false}, {40, false}}

// drawMerged draws the pages of several incidents as one message: each of the
// first with what is wrong and a button that answers it, the rest by their IDs.
// Every incident is named, whatever is left out of its details.
func drawMerged(pages []incident.Message) []slack.Block {
	detailed := min(len(pages), maxDetailed)
	for _, much := range amounts {
		if blocks := mergedBlocks(pages, detailed, much); weight(blocks) <= maxMessage {
			return blocks
		}
	}
	for ; detailed > 0; detailed-- {
		if blocks := mergedBlocks(pages, detailed, amounts[len(amounts)-1]); weight(blocks) <= maxMessage {
			return blocks
		}
	}
	return mergedBlocks(pages, 0, amount{})
}

func mergedBlocks(pages []incident.Message, detailed int, much amount) []slack.Block {
	blocks := []slack.Block{header(fmt.Sprintf("%d incidents at once", len(pages))), aside(severities(pages))}
	for _, p := range pages[:detailed] {
		blocks = append(blocks, brief(*p.Card, much))
	}
	return append(blocks, named(pages[detailed:])...)
}

// severities counts the pages by severity, and says how they are answered.
func severities(pages []incident.Message) string {
	var parts []string
	for i := 0; i < len(pages); {
		severity, n := pages[i].Card.Severity, 0
		for ; i < len(pages) && pages[i].Card.Severity == severity; i++ {
			n++
		}
		parts = append(parts, fmt.Sprintf("%d × %s", n, escape(string(severity), 20)))
	}
	return joined(append(parts, "each needs its own answer")...)
}

func brief(c incident.Card, much amount) slack.Block {
	id := escape(c.Incident, 40)
	if much.linked {
		id = link(id, c.History())
	}
	what := c.Summary
	if c.Why != "" {
		what = c.Why + ". " + what // Who asks, and for what, must not be cut off.
	}
	text := "*" + joined(escape(string(c.Severity), 20), escape(c.Service, 60)) + "* · " + id + "\n" + escape(what, much.summary)
	block := slack.NewSectionBlock(mrkdwn(text), nil, nil)
	if answer := c.Answer(); answer != nil {
		if value := valueOf(c, *answer); units(value) <= maxValue {
			block.Accessory = slack.NewAccessory(button(*answer, value))
		}
	}
	return block
}

// named lists incidents by their IDs.
func named(pages []incident.Message) []slack.Block {
	if len(pages) == 0 {
		return nil
	}
	lines := []string{fmt.Sprintf("*and %d more*\n", len(pages))}
	for i, p := range pages {
		id := escape(p.Card.Incident, 40)
		if i < len(pages)-1 {
			id += " · "
		}
		if last := len(lines) - 1; units(lines[last])+units(id) <= maxSection {
			lines[last] += id
			continue
		}
		lines = append(lines, id)
	}
	blocks := make([]slack.Block, len(lines))
	for i, line := range lines {
		blocks[i] = section(strings.TrimSuffix(line, " · "))
	}
	return blocks
}

// mergedTitle is what a locked phone shows of a merged page.
func mergedTitle(pages []incident.Message) string {
	return fmt.Sprintf("%d incidents: %s, and %d more", len(pages), title(*pages[0].Card), len(pages)-1)
}
