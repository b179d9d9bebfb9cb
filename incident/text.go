package incident

import (
	"regexp"
	"slices"
	"strings"
)

// Text is what somebody texted. Double deliveries of one have the same ID.
type Text struct {
	ID, From, Body string
}

// PageReport says what became of a page after it was accepted, in the words of
// whoever carried it.
type PageReport struct {
	// ID is the carrier's own for the text: the first report on it counts.
	ID string `json:"id"`
	// Workflow is that of the incident, empty while it is to be found by its ID; Marker
	// tells the page.
	Workflow string `json:"workflow"`
	Marker   string `json:"marker"`
	// Address is where the page went; Person who that is, when it is known.
	Address string `json:"address,omitempty"`
	Person  string `json:"person,omitempty"`
	// Failed says why it did not arrive; empty when it did.
	Failed string `json:"failed,omitempty"`
}

// Incident is the ID that every marker of an incident's pages begins with.
func (r PageReport) Incident() string {
	id, _, _ := strings.Cut(r.Marker, "/")
	return id
}

// Named is an incident as it stands in a list, which may be a moment behind.
type Named struct {
	ID, Workflow, Service string
	Severity              Severity
	Status                Status
	AcknowledgedBy        string
}

// Code is what people type to name an incident: the last part of the IncidentId.
func Code(id string) string { return id[strings.LastIndex(id, "-")+1:] }

// TextAnswer is what a text asks for. Action is a decision's signal, or empty when
// nothing can be made of the text; Code names the incident, "" when none is named.
type TextAnswer struct {
	Action, Code string
}

// Meant gives those that the answer may mean: the one with the code, or without a
// code all that the action makes sense for.
func (a TextAnswer) Meant(running []Named) []Named {
	var meant []Named
	for _, one := range running {
		open := one.Status == Triggered || (one.Status == Acknowledged && a.Action != "acknowledge")
		if (a.Code != "" && Code(one.ID) == a.Code) || (a.Code == "" && open) {
			meant = append(meant, one)
		}
	}
	return meant
}

// ReadText reads an answer to a page: OK or ACK, ESC, each with the incident's
// code or alone, or the code alone, which acknowledges. Case, punctuation, the tag
// that the page ends in, digits for the letters that look like them, and the whole
// IncidentId in place of the code are all right.
func ReadText(body string) TextAnswer {
	words := strings.FieldsFunc(strings.ToUpper(tagged.ReplaceAllString(body, " ")), func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	})
	for i, word := range words {
		words[i] = legible(word)
	}
	if len(words) == 0 || len(words) > 2 {
		return TextAnswer{}
	}
	if len(words) == 1 && isCode(words[0]) {
		return TextAnswer{Action: "acknowledge", Code: Code(words[0])}
	}
	answer := TextAnswer{Action: actions[words[0]]}
	switch {
	case answer.Action == "" && len(words) == 2 && actions[words[1]] != "" && isCode(words[0]):
		return TextAnswer{Action: actions[words[1]], Code: Code(words[0])}
	case answer.Action == "" || len(words) == 1:
		return answer
	case !isCode(words[1]):
		return TextAnswer{}
	}
	answer.Code = Code(words[1])
	return answer
}

var actions = map[string]string{
	"OK": "acknowledge", "ACK": "acknowledge", "ESC": "escalate", "ESCALATE": "escalate",
}

// isCode says whether a word may be a code, or a whole IncidentId.
func isCode(word string) bool {
	parts := strings.Split(word, "-")
	code := parts[len(parts)-1]
	return len(code) == codeLength && (len(parts) == 1 || parts[0] == "INC") &&
		!slices.ContainsFunc([]rune(code), func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '2' || r > '7') })
}

// tagged is the tag of a page, by which it is found again. It is shorter than a code.
var tagged = regexp.MustCompile(`(?i)#[a-z2-7]{4}\b`)

// legible writes a code without the digits that it never has: base32 has 2 to 7.
func legible(word string) string {
	i := strings.LastIndex(word, "-") + 1
	return word[:i] + strings.NewReplacer("0", "O", "1", "I", "8", "B").Replace(word[i:])
}

// codeLength is how many characters of base32 a code has.
const codeLength = 6
