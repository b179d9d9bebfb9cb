package twilio

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/seed-44180607/lastgood/incident"
)

// A text is cut by the networks into segments, each paid for. In the alphabet of
// GSM 03.38 one of several holds 153 characters, in UCS-2 67
// (https://www.twilio.com/docs/glossary/what-is-gsm-7-character-encoding).
const (
	maxSegments = 2
	perSegment  = 153
	perSegment2 = 67
)

// basic is GSM 03.38's alphabet; each of extended takes the room of two.
const (
	basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
		"¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extended = "^{}\\[~]|€\f"
)

// typographic are characters that would double the price of a text for nothing.
var typographic = strings.NewReplacer("…", "...", "–", "-", "—", "-", "‘", "'", "’", "'", "“", `"`, "”", `"`, "\u00a0", " ", "·", "-", "→", "->")

// Draw is the text of a page: what is wrong, where, how to answer, and a tag by
// which the text is found again. It takes two segments at most, that of several pages
// some more.
func Draw(m incident.Message) string {
	if len(m.Merged) > 0 {
		return drawMerged(m.Merged)
	}
	c := m.Card
	what, how := asked(*c)
	head := fmt.Sprintf("%s %s: ", c.Severity, plain(c.Service))
	tail := ". " + how + ". " + tag(m.Marker)
	return head + fitting(plain(what), head+tail) + tail
}

// asked is what a page is about, and how it is answered. By a text a rollback cannot
// be approved, and what was acknowledged not once more.
func asked(c incident.Card) (what, how string) {
	code := incident.Code(c.Incident)
	escalate := toEscalate(code)
	answer := c.Answer()
	switch {
	case answer != nil && answer.Action == "approve-rollback":
		return c.Rollback, "Approve or reject it in Slack, reply " + escalate
	case c.Status == incident.Acknowledged:
		return cmp.Or(c.Why, c.State) + ": " + c.Summary, "Your help is wanted in Slack, reply " + escalate
	default:
		return c.Summary, "Reply OK " + code + " to acknowledge, " + escalate
	}
}

// toEscalate stands in every page of one incident.
func toEscalate(code string) string { return "ESC " + code + " to escalate" }

// answerable says whether a page can be answered by a text.
func answerable(c incident.Card) bool {
	answer := c.Answer()
	return c.Status != incident.Acknowledged && (answer == nil || answer.Action == "acknowledge")
}

// tag tells one page of an incident from the next: they may say the same.
func tag(marker string) string {
	sum := sha256.Sum256([]byte(marker))
	return "#" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:4])
}

// tagged is what every page ends in, and nothing else that is texted.
var tagged = regexp.MustCompile(`#[a-z2-7]{4}$`)

// fitting cuts a text so that it fits into the segments beside the others.
func fitting(text, others string) string {
	if fitsInto(text+others, maxSegments) {
		return strings.TrimRight(text, ". ")
	}
	runes := []rune(text)
	for len(runes) > 0 && !fitsInto(string(runes)+"..."+others, maxSegments) {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimRight(string(runes), ". ") + ".."
}

func fitsInto(text string, segments int) bool {
	units := 0
	for _, r := range text {
		switch {
		case strings.ContainsRune(basic, r):
			units++
		case strings.ContainsRune(extended, r):
			units += 2
		default:
			return len(utf16.Encode([]rune(text))) <= segments*perSegment2
		}
	}
	return units <= segments*perSegment
}

// plain makes one line of a text.
func plain(text string) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(typographic.Replace(text), "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
	return strings.Join(words, " ")
}
