package smtp

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"slices"
	"strings"
	texttemplate "text/template"

	"github.com/seed-44180607/lastgood/incident"
)

//go:embed merged.html.tmpl
var htmlMerged string

//go:embed merged.txt.tmpl
var textMerged string

var (
	mergedAsHTML = template.Must(template.New("merged.html").Parse(htmlMerged))
	mergedAsText = texttemplate.Must(texttemplate.New("merged.txt").Parse(textMerged))
)

// maxDetailed is how many incidents of a merged mail are shown one by one; the others
// are named.
const maxDetailed = 20

// mergedView is what a mail shows that pages for several incidents.
type mergedView struct {
	Subject, Heading, Asked string
	// Severities counts the incidents by severity.
	Severities string
	// Colour is that of the worst.
	Colour   string
	Detailed []brief
	// Rest are the IDs of the others.
	Rest []string
}

// brief is an incident in two lines.
type brief struct{ Severity, Service, Summary, Incident, URL, Colour string }

// writeMerged writes one mail for several pages. It belongs to the thread of none of
// their incidents: mail programs would make one thread of them all. The same pages have
// the same Message-ID, in whatever order they come.
func (c *Client) writeMerged(pages []incident.Message) (letter, error) {
	markers := make([]string, len(pages))
	for i, p := range pages {
		if p.Card == nil {
			return letter{}, errors.New("there is no card to draw")
		}
		markers[i] = p.Marker
	}
	v := mergedViewOf(pages)
	slices.Sort(markers)
	return draw(letter{subject: v.Subject, id: messageID(strings.Join(markers, "\n"), c.domain)}, mergedAsText, mergedAsHTML, v)
}

func mergedViewOf(pages []incident.Message) mergedView {
	worst := *pages[0].Card
	v := mergedView{
		Subject: plain(fmt.Sprintf("%d incidents: [%s] %s", len(pages), worst.Severity, headingOf(worst)), maxSubject) +
			fmt.Sprintf(", and %d more", len(pages)-1),
		Heading: fmt.Sprintf("%d incidents at once", len(pages)), Asked: "Each needs its own answer.",
		Severities: severities(pages), Colour: colours[worst.Severity],
	}
	detailed := min(len(pages), maxDetailed)
	for _, p := range pages[:detailed] {
		v.Detailed = append(v.Detailed, brief{
			Severity: plain(string(p.Card.Severity), 10), Service: plain(p.Card.Service, 80),
			Summary: plain(because(p.Card.Why, p.Card.Summary), maxLine), Incident: plain(p.Card.Incident, 40),
			URL: webAddress(p.Card.History()), Colour: colours[p.Card.Severity],
		})
	}
	for _, p := range pages[detailed:] {
		v.Rest = append(v.Rest, plain(p.Card.Incident, 40))
	}
	return v
}

// severities counts pages that are sorted by severity.
func severities(pages []incident.Message) string {
	var parts []string
	for i := 0; i < len(pages); {
		severity, n := pages[i].Card.Severity, 0
		for ; i < len(pages) && pages[i].Card.Severity == severity; i++ {
			n++
		}
		parts = append(parts, fmt.Sprintf("%d × %s", n, plain(string(severity), 10)))
	}
	return strings.Join(parts, " · ")
}
