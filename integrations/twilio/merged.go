package twilio

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-44180607/lastgood/incident"
)

const (
	// maxDetailed is how many incidents of a merged text stand with severity and
	// service; the others are named.
	maxDetailed = 20
	// mergedSegments is how many segments a merged text takes, unless the codes alone
	// take more.
	mergedSegments = 4
	// codesFollow stands before the codes of a merged text, and in no other.
	codesFollow = "Reply OK (acknowledge) or ESC (escalate) and a code: "
	// needsSlack marks those that no text can answer.
	needsSlack = " (in Slack)"
)

// A detail is how much is said beside the codes.
type detail struct {
	summary  int
	services bool
}

// details are tried in turn until the text is short enough.
var details = []detail{{120, true}, {60, true}, {0, true}, {0, false}}

// drawMerged is the text of several pages: what is worst, how to answer, and the code
// of every incident, the first with severity and service. Each code carries the tag of
// its page, or the one at the end does for it.
func drawMerged(pages []incident.Message) string {
	usual := usualTag(pages)
	codes := make([]string, len(pages))
	for i, p := range pages {
		codes[i] = incident.Code(p.Card.Incident)
		if its := placeTag(p); its != usual {
			codes[i] += its
		}
	}
	var text string
	for _, much := range details {
		text = headOf(pages, much) + codesFollow + listed(pages, codes, much) + ". " + usual
		if fitsInto(text, mergedSegments) {
			break
		}
	}
	return text
}

// headOf counts the incidents and says which is worst.
func headOf(pages []incident.Message, much detail) string {
	head, worst := fmt.Sprintf("%d incidents", len(pages)), pages[0].Card
	if much.services {
		head += ", first " + string(worst.Severity) + " " + plain(worst.Service)
	}
	if summary := []rune(plain(worst.Summary)); much.summary > 0 && len(summary) > 0 {
		if len(summary) > much.summary {
			summary = append(summary[:much.summary], []rune("..")...)
		}
		head += ": " + strings.TrimRight(string(summary), ". ")
	}
	return head + ". "
}

// listed names every incident by its code, the first of them by severity and service,
// those that are alike together.
func listed(pages []incident.Message, codes []string, much detail) string {
	detailed := min(len(pages), maxDetailed)
	var labels, parts []string
	alike := map[string][]string{}
	for i, p := range pages[:detailed] {
		label := labelOf(*p.Card, much)
		if alike[label] == nil {
			labels = append(labels, label)
		}
		alike[label] = append(alike[label], codes[i])
	}
	for _, label := range labels {
		parts = append(parts, label+" "+strings.Join(alike[label], " "))
	}
	if rest := codes[detailed:]; len(rest) > 0 {
		parts = append(parts, fmt.Sprintf("and %d more: %s", len(rest), strings.Join(rest, " ")))
	}
	return strings.Join(parts, ", ")
}

func labelOf(c incident.Card, much detail) string {
	label := string(c.Severity)
	if much.services {
		label += " " + plain(c.Service)
	}
	if !answerable(c) {
		label += needsSlack
	}
	return label
}

// placeTag tells the page of an incident from its other pages. In a storm most have the same.
func placeTag(p incident.Message) string {
	return tag(strings.Replace(p.Marker, p.Card.Incident, "", 1))
}

// usualTag is the tag that most pages have.
func usualTag(pages []incident.Message) string {
	count := map[string]int{}
	for _, p := range pages {
		count[placeTag(p)]++
	}
	return placeTag(slices.MaxFunc(pages, func(a, b incident.Message) int {
		return cmp.Compare(count[placeTag(a)], count[placeTag(b)])
	}))
}

var (
	// counted is how many incidents a merged text names.
	counted = regexp.MustCompile(`\b(\d+) incidents`)
	// coded is a code of a merged text, with the tag of its page where it has one.
	coded = regexp.MustCompile(`\b([A-Z2-7]{6})(#[a-z2-7]{4})?\b`)
)

// readMerged reads how many incidents a merged text names, and the tag of each code's
// page; 0 of any other text.
func readMerged(body string) (n int, tags map[string]string) {
	before, list, merged := cutLast(body, codesFollow)
	count := counted.FindStringSubmatch(before)
	if !merged || count == nil {
		return 0, nil
	}
	n, _ = strconv.Atoi(count[1]) // One of so many digits is no count: 0 will do.
	_, usual, _ := cutLast(list, " ")
	tags = map[string]string{}
	for _, match := range coded.FindAllStringSubmatch(list, -1) {
		tags[match[1]] = cmp.Or(match[2], usual)
	}
	return n, tags
}

func cutLast(text, sep string) (before, after string, found bool) {
	i := strings.LastIndex(text, sep)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(sep):], true
}
