package slack

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/slack-go/slack"
)

// plain is a text for a plain_text object, an error or a log: one line of at most
// the given length in UTF-16 units, which is what Slack counts at the most.
func plain(text string, most int) string {
	return fit(text, most, func(r rune) string { return string(r) })
}

// escape is a text for mrkdwn: as plain, and nothing in it is a mention, a link or
// a date (https://docs.slack.dev/messaging/formatting-message-text). The length is that
// of the escaped text.
func escape(text string, most int) string {
	return fit(text, most, func(r rune) string {
		switch r {
		case '&':
			return "&amp;"
		case '<':
			return "&lt;"
		case '>':
			return "&gt;"
		case '`':
			// Three of them would turn what follows into code.
			return "ˋ"
		default:
			return string(r)
		}
	})
}

// fit spells a text until it is as long as it may be, never half of a character.
func fit(text string, most int, spell func(rune) string) string {
	var b strings.Builder
	used, last := 0, 0 // Last is where an ellipsis still fits.
	for _, r := range line(text) {
		s := spell(r)
		used += units(s)
		if used > most {
			return strings.TrimRight(b.String()[:last], " ") + "…"
		}
		b.WriteString(s)
		if used < most {
			last = b.Len()
		}
	}
	return b.String()
}

// line makes one line of a text and takes out what cannot be seen: control
// characters, and the ones that turn the direction of what follows. A label can
// then not forge a line of ours.
func line(text string) string {
	visible := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		default:
			return r
		}
	}, text)
	return strings.Join(strings.Fields(visible), " ")
}

// units is the length of a text in UTF-16.
func units(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// date shows an instant in the reader's own time zone: format is one of Slack's
// own, like {time}. An old client shows UTC.
func date(at time.Time, format string) string {
	return fmt.Sprintf("<!date^%d^%s|%s>", at.Unix(), format, at.UTC().Format("2006-01-02 15:04 UTC"))
}

// maxURL is the longest address that is made a link; Slack takes 3000.
const maxURL = 1000

// link is a text that leads somewhere, or the text alone if the address is none
// that a browser should be sent to.
func link(text, address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return text
	}
	u.User = nil
	safe := unsafeInLink.Replace(u.String())
	if units(safe) > maxURL {
		return text
	}
	return "<" + safe + "|" + text + ">"
}

// unsafeInLink are the characters that end a link's address, or would be read as an escape.
var unsafeInLink = strings.NewReplacer("&", "&amp;", "<", "%3C", ">", "%3E", "|", "%7C", " ", "%20")

// joined puts a dot between the texts that say something.
func joined(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(s string) bool { return s == "" }), " · ")
}

func header(text string) slack.Block {
	return slack.NewHeaderBlock(label(text, maxHeader))
}

func section(text string) slack.Block {
	return slack.NewSectionBlock(mrkdwn(text), nil, nil)
}

func aside(text string) slack.Block {
	return slack.NewContextBlock("", mrkdwn(text))
}

// mrkdwn is a text object that shows a bare address, @channel and #name as they
// stand: verbatim turns off what Slack makes of them. Slack refuses an empty one.
func mrkdwn(text string) *slack.TextBlockObject {
	if text == "" {
		text = "-"
	}
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, true)
}

// label is a plain_text object, never empty.
func label(text string, most int) *slack.TextBlockObject {
	if text = plain(text, most); text == "" {
		text = "-"
	}
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}
