package smtp

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base32"
	"errors"
	"fmt"
	"html/template"
	"net/mail"
	"net/url"
	"strings"
	texttemplate "text/template"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/release"
)

//go:embed page.html.tmpl
var htmlPage string

//go:embed page.txt.tmpl
var textPage string

var (
	// Everything that comes from an alert is escaped where it stands; addresses that
	// are no web address become harmless.
	asHTML = template.Must(template.New("page.html").Parse(htmlPage))
	asText = texttemplate.Must(texttemplate.New("page.txt").Parse(textPage))
)

// letter is a mail's own part: all that differs from one to the next.
type letter struct {
	subject, id, text, html string
	// thread is the incident's, empty when the mail belongs to none.
	thread string
}

// compose writes the mail of a page, or of several.
func (c *Client) compose(to string, m incident.Message) (*gomail.Msg, error) {
	address, err := mail.ParseAddress(to)
	if err != nil {
		return nil, fmt.Errorf("%q is no mail address", plain(to, 100))
	}
	l, err := c.write(m)
	if err != nil {
		return nil, err
	}
	message := gomail.NewMsg()
	message.FromMailAddress(c.from)
	message.ToMailAddress(address)
	message.Subject(unencoded.Replace(l.subject))
	message.SetMessageIDWithValue(l.id)
	if l.thread != "" {
		message.SetGenHeader(gomail.HeaderReferences, l.thread)
		message.SetGenHeader(gomail.HeaderInReplyTo, l.thread)
	}
	// Nobody's holiday notice is to answer a page (RFC 3834, 5).
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetGenHeader("X-Auto-Response-Suppress", "All")
	message.SetImportance(gomail.ImportanceHigh)
	message.SetUserAgent("lastgood")
	message.SetBodyString(gomail.TypeTextPlain, l.text)
	message.AddAlternativeString(gomail.TypeTextHTML, l.html)
	return message, nil
}

// write writes what a mail says. Every mail of an incident answers the same one, which was
// never sent: that is what mail programs make threads of (RFC 5322, 3.6.4).
func (c *Client) write(m incident.Message) (letter, error) {
	if len(m.Merged) > 0 {
		return c.writeMerged(m.Merged)
	}
	if m.Card == nil {
		return letter{}, errors.New("there is no card to draw")
	}
	v := viewOf(*m.Card)
	thread := "<" + strings.ToLower(m.Card.Incident) + "@" + c.domain + ">"
	return draw(letter{subject: v.Subject, id: messageID(m.Marker, c.domain), thread: thread}, asText, asHTML, v)
}

// draw fills a letter's text and its HTML.
func draw(l letter, asText *texttemplate.Template, asHTML *template.Template, v any) (letter, error) {
	var text, html bytes.Buffer
	if err := errors.Join(asText.Execute(&text, v), asHTML.Execute(&html, v)); err != nil {
		return letter{}, fmt.Errorf("draw the mail: %w", err)
	}
	l.text, l.html = text.String(), html.String()
	return l, nil
}

// messageID is the same for the same marker, and tells nothing of it.
func messageID(marker, domain string) string {
	sum := sha256.Sum256([]byte(marker))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:32]) + "@" + domain
}

// view is a card in words.
type view struct {
	Subject, Severity, Heading, State, Incident string
	Facts                                       []line
	Failure, Rollback                           string
	Alerts, Commits, Notes                      []string
	Links                                       []incident.Link
	// Colour is that of the severity.
	Colour string
}

// line is one fact about the incident.
type line struct{ Name, Text, URL string }

const (
	maxSubject = 150
	maxLine    = 300
	maxURL     = 2000
)

func viewOf(c incident.Card) view {
	heading := headingOf(c)
	v := view{
		Subject:  plain(fmt.Sprintf("[%s] %s", c.Severity, heading), maxSubject) + " (" + plain(c.Incident, 40) + ")",
		Severity: plain(string(c.Severity), 10), Heading: heading, State: plain(because(c.Why, c.State), 2*maxLine), Incident: plain(c.Incident, 40),
		Failure: plain(c.Failure, 3*maxLine), Rollback: plain(c.Rollback, maxLine), Colour: colours[c.Severity],
		Alerts: several(c.Alerts, c.More), Notes: several(c.Notes, 0),
	}
	v.Facts = facts(c)
	var commits []string
	for _, commit := range c.Commits {
		commits = append(commits, commit.Subject+" ("+commit.Author+")")
	}
	v.Commits = several(commits, c.MoreCommits)
	for _, l := range c.Links {
		if address := webAddress(l.URL); address != "" {
			v.Links = append(v.Links, incident.Link{Text: plain(l.Text, 80), URL: address})
		}
	}
	return v
}

// unencoded takes the meaning out of what would be decoded as an encoded word of a header (RFC 2047).
var unencoded = strings.NewReplacer("=?", "= ?")

// webAddress is an address that a browser may be sent to, or nothing.
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || len(address) > maxURL {
		return ""
	}
	u.User = nil
	return u.String()
}

func headingOf(c incident.Card) string {
	return plain(c.Service, 80) + ": " + plain(c.Summary, maxLine)
}

// because puts why somebody is mailed beside the policy before the rest.
func because(why, rest string) string {
	if why == "" {
		return rest
	}
	return why + ". " + rest
}

var colours = map[incident.Severity]string{
	incident.SEV1: "#b42318", incident.SEV2: "#c4540a", incident.SEV3: "#8a6100", incident.SEV4: "#475467",
}

func facts(c incident.Card) []line {
	var list []line
	add := func(name, text, address string) {
		if text != "" {
			list = append(list, line{name, plain(text, maxLine), webAddress(address)})
		}
	}
	add("Since", moment(c.Since()), "")
	add("Environment", c.Environment, "")
	add("Affected services", c.Affected, "")
	if d := c.InService; d != nil {
		add("In service", deployment(*d, "since"), d.URL)
	}
	if d := c.Target; d != nil {
		add("Go back to", deployment(*d, "deployed"), d.URL)
	}
	next := c.Next
	if next != "" && !c.NextAt.IsZero() {
		next += " at " + moment(c.NextAt)
	}
	if next != "" && c.Status == incident.Triggered {
		next += ", unless acknowledged"
	}
	add("Next", next, "")
	return list
}

func deployment(d release.Deployment, verb string) string {
	text := d.Release
	if text == "" {
		text = "an unknown release"
	}
	at := d.Finished
	if at.IsZero() {
		at = d.Started
	}
	if !at.IsZero() {
		text += ", " + verb + " " + moment(at)
	}
	if d.By != "" {
		text += ", by " + d.By
	}
	return text
}

func several(all []string, more int) []string {
	var list []string
	for _, one := range all {
		list = append(list, plain(one, maxLine))
	}
	if more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return list
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 Jan 15:04 UTC")
}
