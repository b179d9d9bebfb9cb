// Package outlets holds every place where text from outside is shown to one rule: it is shown, and does nothing.
// Alerts, the names of releases, commits and what people write all come from outside.
package outlets

import (
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/release"
)

// harmless is a text that nobody could mind.
const harmless = "half of all requests fail"

// hostile are texts that want to be more than text, by what they aim at.
var hostile = map[string]string{
	"everyone in the channel":         "<!channel> <!here|here> <!everyone>",
	"everyone without brackets":       "@channel @here @everyone",
	"one person in Slack":             "<@U0SRE1> <@U0SRE1|boss>",
	"a group in Slack":                "<!subteam^S0SRE>",
	"a link that lies, in Slack":      "<https://evil.example|https://jenkins.example.com>",
	"a date in Slack":                 "<!date^1392734382^{date} {time}^https://evil.example|never>",
	"an escape in Slack":              "&lt;!channel&gt; &amp;lt;",
	"a fence in Slack":                "```\nacknowledged\n```",
	"marks of all kinds":              "*b* _i_ ~s~ `c` > quote",
	"a link in Jira":                  "[OPS-1|https://evil.example] [~accountid:5b10] [~sre-1]",
	"an escaped link in Jira":         `\[OPS-1|https://evil.example\] \\[x|https://evil.example]`,
	"a picture in Jira":               "!https://evil.example/pixel.png|width=1!",
	"a macro in Jira":                 "{html}<script>alert(1)</script>{html} {include:OPS} {color:red}",
	"a table in Jira":                 "||head||\n|cell|cell|\n----\nh1. title\nbq. quote",
	"a link in Markdown":              "[approve](https://evil.example) ](https://evil.example)",
	"an escaped link in Markdown":     `\[approve\](https://evil.example) \\[approve](https://evil.example)`,
	"a picture in Markdown":           "![x](https://evil.example/pixel.png)",
	"a table in Markdown":             "| a | b |\n|---|---|\n",
	"a script":                        `<script>alert(1)</script><svg/onload=alert(1)>`,
	"an attribute":                    `"><img src=x onerror=alert(1)> ' onmouseover='alert(1)`,
	"an address that is a script":     "javascript:alert(1)",
	"a comment":                       "<!-- --> ]]> <![CDATA[",
	"a template":                      "{{.Subject}} {{template \"x\"}} ${jndi:ldap://evil.example} %s%d%!n",
	"a header of a mail":              "down\r\nBcc: everyone@example.com\r\nSubject: all is well",
	"the end of a mail":               "down\r\n.\r\nMAIL FROM:<x@example.com>\r\n",
	"an encoded header":               "=?utf-8?q?down=0d=0aBcc:_x@example.com?=",
	"lines of its own":                "down\nlevel=INFO msg=resolved\n12:00:00 acknowledged by sre-1",
	"lines of another kind":           "down\u2028acknowledged\u2029by\u0085sre-1\vx\fy",
	"the title of a terminal":         "\x1b]0;owned\a down \x1b[2J\x1b[1;31m",
	"a terminal of eight bits":        "\u009b31m down \u009d0;owned\u009c",
	"backspaces":                      "SEV1\b\b\b\bSEV4\r",
	"the end of a text in C":          "down\x00 \x7f",
	"the other direction":             "\u202egnp.exe \u202cdown",
	"an isolated direction":           "\u2066\u2067down\u2069\u200f\u200e\u061c",
	"broken UTF-8":                    "down\xff\xfe\xc3(",
	"too much of one mark":            strings.Repeat("<", 4000),
	"too much that takes two of four": strings.Repeat("🔥", 3000),
	"nothing":                         "",
	"nothing to be seen":              " \t\r\n ",
}

// night is when it all happens.
var night = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// incidentOf is an incident that has a text wherever a text may come from outside.
func incidentOf(text string) incident.Incident {
	deployment := release.Deployment{Release: text, Build: 7, By: text, URL: "https://jenkins.example.com/job/7", Finished: night}
	in := incident.Incident{
		ID: "INC-261123-ABCDEF", Workflow: "incident/checkout/1", Severity: incident.SEV1, Status: incident.Triggered, OpenedAt: night,
		Service: incident.Service{
			ID: "checkout", Environment: "production", Runbook: "https://wiki.example.com/checkout",
			Ticket: &incident.TicketPlan{Project: "OPS", Type: "Incident", Done: "Done"},
		},
		Summary: text, MonitorURL: "https://alertmanager.example.com",
		Alerts: []incident.Alert{
			{Fingerprint: "a", Name: text, Summary: text, Firing: true, StartsAt: night},
			{Fingerprint: "b", Name: text, StartsAt: night, EndsAt: night},
		},
		Rollback: incident.Rollback{State: incident.RollbackFailed, Release: text, By: text, Reason: text},
		Timeline: []incident.Entry{
			{N: 1, At: night, Kind: incident.AlertFired, Text: "Alert fires: " + text},
			{N: 2, At: night, Kind: incident.NoteAdded, By: "sre-1", Text: "Note by sre-1: " + text},
		},
	}
	in.Facts.Choice.Suspect = &deployment
	in.Facts.Choice.Candidates = []release.Deployment{deployment}
	in.Facts.Choice.Commits = []release.Commit{{ID: text, Author: text, Subject: text}}
	in.Climb.Following = &incident.Following{Names: []string{text}}
	return in
}

// cardOf is the face of that incident, with what else a card may say.
func cardOf(text string) incident.Card {
	c := incident.CardOf(incidentOf(text), incident.Places{TemporalUI: "https://temporal.example.com"})
	c.Why, c.State, c.Next, c.Environment = text, text, text, text
	c.Notes = []string{text, text}
	c.Rollback, c.Failure = text, "The rollback failed: "+text
	c.Links = append(c.Links, incident.Link{Text: text, URL: "https://wiki.example.com"}, incident.Link{Text: "elsewhere", URL: text})
	return c
}

// deliveryOf is what a monitor says.
func deliveryOf(text string) incident.Delivery {
	return incident.Delivery{Source: "alertmanager", Group: text, Alerts: []incident.Alert{
		{Fingerprint: "a", Name: text, Summary: text, Firing: true, Severity: incident.SEV1, Labels: map[string]string{"alertname": text}},
	}}
}

// message draws a message by one way, with a text in it.
type message func(via oncall.Method, text string) incident.Message

// several is one message that pages for three incidents.
func several(via oncall.Method, text string) incident.Message {
	return incident.Merge([]incident.Message{paged(via, text), paged(via, text), paged(via, text)})
}

// paged is a page of the incident.
func paged(via oncall.Method, text string) incident.Message {
	c := cardOf(text)
	return incident.Message{Card: &c, Page: true, Marker: "page/" + string(via)}
}
