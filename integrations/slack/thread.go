package slack

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"github.com/seed-44180607/lastgood/incident"
)

const (
	// maxEntry is the longest text of one timeline entry in the thread.
	maxEntry = 1000
	// container is what a section weighs beside its text, at the most.
	container = 100
)

// drawEntries writes timeline entries, oldest first, as many as one message takes;
// the rest is counted.
func drawEntries(entries []incident.Entry) ([]slack.Block, string) {
	var blocks []slack.Block
	var lines []string
	length, total, shown := 0, container, 0
	flush := func() {
		if len(lines) > 0 {
			blocks = append(blocks, section(strings.Join(lines, "\n")))
			total += container
		}
		lines, length = nil, 0
	}
	for _, e := range entries {
		text := entryLine(e)
		if length+units(text)+1 > maxSection {
			flush()
		}
		if total+weight(text)+container > maxMessage || len(blocks) == maxBlocks {
			break
		}
		lines, length, total, shown = append(lines, text), length+units(text)+1, total+weight(text), shown+1
	}
	flush()
	fallback := escape(entries[0].Text, 300)
	if rest := len(entries) - shown; rest > 0 {
		blocks = append(blocks, aside(fmt.Sprintf("and %d more, in the ticket and the history", rest)))
	}
	if len(entries) > 1 {
		fallback += fmt.Sprintf(" (and %d more)", len(entries)-1)
	}
	return blocks, fallback
}

func entryLine(e incident.Entry) string {
	text := escape(e.Text, maxEntry)
	if to := link("link", e.URL); to != "link" {
		text += " · " + to
	}
	if e.At.IsZero() {
		return text
	}
	return date(e.At, "{time}") + "  " + text
}
