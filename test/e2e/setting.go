package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/seed-44180607/lastgood/internal/local"
	"github.com/seed-44180607/lastgood/simulator"
)

// Slack IDs of the people and the channel that every story has. The channel of a
// service is C0 and its name in capitals.
const (
	FirstResponder  = "U0SRE1"
	SecondResponder = "U0SRE2"
	Leads           = "C0LEADS"
)

// Mailbox and Phone are the first responder's.
const (
	Mailbox = "sre-1@example.com"
	Phone   = "+440000000001"
)

// Setting is what a story needs to be different from the usual: one service
// named checkout, with a channel, a rollback and a ticket, three steps to climb.
type Setting struct {
	// Services by name; their IDs are the story's own.
	Services []string
	// Joined has all services but the first join its incidents.
	Joined bool
	// AckWithin is that of every step; Repeat how often the steps are climbed again.
	AckWithin time.Duration
	Repeat    int
	// AckTimeout is how long an acknowledgement lasts.
	AckTimeout time.Duration
	// ReopenWithin and VerifyWithin are those of every service.
	ReopenWithin, VerifyWithin time.Duration
	// Approval has every rollback approved by a second person.
	Approval bool
	// Secondary has step 2 page the schedule secondary, of sre-1 alone, in place of sre-2.
	Secondary bool
	// OneStep leaves the first step of the three alone: its page has no stand-in.
	OneStep bool
	// Plain leaves channel, rollback and ticket out: what remains is paging.
	Plain bool
	// OwnTemporal starts a devserver that the story may kill.
	OwnTemporal bool
	// RealMonitor has Prometheus and Alertmanager watch the shop, in place of the
	// simulator's own monitor. They must be installed.
	RealMonitor bool
	// Crowd is how many services there are besides, named crowd-00 and so on, each
	// with a policy that pages one person of its own, and after ten minutes another:
	// the step stays open however long Slack takes.
	Crowd int
	// CrowdContact are the contact rules of those people; by default Slack at once.
	CrowdContact string
	// Channels is how many services of the crowd have a channel.
	Channels int
	// Limited has Slack take one message a second in a channel, as it does.
	Limited bool
	// Calendar is where the calendar is that takes the place of the first step's rotation.
	Calendar string
	// Contact are the contact rules of the first responder, as in lastgood.yaml; by
	// default Slack at once.
	Contact string
	// Quiet is what lets the first page of every service wait, as in lastgood.yaml.
	Quiet string
	// Heartbeat are the settings of a heartbeat of the first service, as in lastgood.yaml.
	Heartbeat string
	// WorkerEnv are further variables of the worker.
	WorkerEnv []string
	// Sources are the mappings, as in lastgood.yaml; Tokens those of other monitors than
	// Alertmanager, source:token.
	Sources string
	Tokens  []string
}

func (s Setting) withDefaults() Setting {
	if s.Services == nil {
		s.Services = []string{"checkout"}
	}
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{
		{&s.AckWithin, 10 * time.Minute},
		{&s.AckTimeout, 30 * time.Minute},
		{&s.ReopenWithin, time.Second},
		{&s.VerifyWithin, 2 * time.Minute},
	} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	return s
}

var document = template.Must(template.New("lastgood.yaml").Funcs(template.FuncMap{"channel": channelOf, "member": MemberOf, "mailbox": MailboxOf, "phone": PhoneOf}).Parse(`version: 1
people:
  - {id: sre-1, name: First responder, time_zone: Europe/London, slack: U0SRE1, email: sre-1@example.com, phone: "+440000000001"{{with .Contact}}, contact: {{.}}{{end}}}
  - {id: sre-2, name: Second responder, time_zone: America/New_York, slack: U0SRE2}
{{- range $i, $member := .Members}}
  - {id: {{.}}, time_zone: Europe/London, slack: {{member .}}{{with $.CrowdContact}}, email: {{mailbox $member}}, phone: "{{phone $i}}", contact: {{.}}{{end}}}
{{- end}}
{{- if .Crowd}}
  - {id: reserve, time_zone: Europe/London, slack: U0RESERVE, contact: [{via: slack, after: 10m}]}
{{- end}}
schedules:
  - id: primary
    time_zone: Europe/London
{{- if .Calendar}}
    ical: {{.Calendar}}
{{- else}}
    layers: [{people: [sre-1], every: 1w, handoff: "2026-01-05T09:00"}]
{{- end}}
  - id: secondary
    time_zone: America/New_York
    layers: [{people: [sre-1], every: 1w, handoff: "2026-01-05T09:00"}]
  - id: weekly
    time_zone: Europe/London
    layers: [{people: [sre-1, sre-2], every: 1w, handoff: "2026-01-05T09:00"}]
policies:
  - id: climb
    steps:
      - {page: [{schedule: primary}], ack_within: {{.AckWithin}}}
{{- if not .OneStep}}
      - {page: [{{if .Secondary}}{schedule: secondary}{{else}}{person: sre-2}{{end}}], ack_within: {{.AckWithin}}}
      - {page: [{slack_channel: C0LEADS}], ack_within: {{.AckWithin}}}
{{- end}}
    repeat: {times: {{.Repeat}}, from_step: 1}
    ack_timeout: {{.AckTimeout}}
{{- range .Members}}
  - {id: {{.}}, steps: [{page: [{person: {{.}}}, {person: reserve}], ack_within: 20m}]}
{{- end}}
services:
{{- range $i, $name := .Members}}
  - {id: {{.}}-{{$.N}}, match: [{service: {{.}}, env: production}], policy: {{.}}, {{if lt $i $.Channels}}slack_channel: {{channel .}}, {{end}}reopen_within: {{$.ReopenWithin}}}
{{- end}}
{{- range $i, $name := .Services}}
  - id: {{.}}-{{$.N}}
    match: [{service: {{.}}, env: production}]
{{- if and $.Joined $i}}
    joins: {parent: {{index $.Services 0}}-{{$.N}}}
{{- end}}
    policy: climb
    reopen_within: {{$.ReopenWithin}}
    verify: {within: {{$.VerifyWithin}}}
{{- with $.Quiet}}
    {{.}}
{{- end}}
{{- if not $.Plain}}
    slack_channel: {{channel .}}
    ticket: {project: OPS, type: Incident, done: Done}
    rollback:
      jenkins: {job: deploy/{{.}}, release_parameter: VERSION, incident_parameter: INCIDENT_ID, parameters: {ENVIRONMENT: production}}
      approval: {{if $.Approval}}{by: second-person, within: 10m}{{else}}none{{end}}
      minimum_in_service: 1h
      allowed: [{person: sre-1}, {person: sre-2}]
{{- end}}
{{- end}}
{{- with .Heartbeat}}
heartbeats: [{name: nightly-{{$.N}}, service: {{index $.Services 0}}-{{$.N}}, {{.}}}]
{{- end}}
{{- with .Sources}}
sources:{{.}}
{{- end}}
`))

// yaml writes lastgood.yaml for the n-th world.
func (s Setting) yaml(n int) []byte {
	var out bytes.Buffer
	err := document.Execute(&out, struct {
		Setting
		N int
	}{s, n})
	if err != nil {
		panic(fmt.Sprintf("write lastgood.yaml: %v", err)) // The template is fixed and its data plain.
	}
	return out.Bytes()
}

func channelOf(service string) string { return "C0" + capitals(service) }

// Members names the services of the crowd.
func (s Setting) Members() []string {
	var names []string
	for i := range s.Crowd {
		names = append(names, fmt.Sprintf("crowd-%02d", i))
	}
	return names
}

// MemberOf is the Slack ID of the one person whom a service of the crowd pages.
func MemberOf(service string) string { return "U0" + capitals(service) }

// MailboxOf is that person's mailbox.
func MailboxOf(service string) string { return service + "@example.com" }

// PhoneOf is the phone of the n-th person of the crowd, from 0 on.
func PhoneOf(n int) string { return fmt.Sprintf("+4410000000%02d", n) }

func capitals(service string) string { return strings.ToUpper(strings.ReplaceAll(service, "-", "")) }

// world is a quick one: builds take a moment, and Slack takes what it is given.
func (s Setting) world(stage local.Stage) simulator.Config {
	c := simulator.Config{
		PublicURL:       stage.Simulator,
		InteractionsURL: stage.Starter() + "/slack/interactions", SMSURL: stage.Starter() + "/twilio/sms",
		BuildDuration: 300 * time.Millisecond, QuietPeriod: 20 * time.Millisecond,
		MonitorEvery: 100 * time.Millisecond, SlackPerChannelRate: -1,
	}
	if s.Limited {
		c.SlackPerChannelRate = 1
	}
	if !s.RealMonitor {
		c.AlertURL = stage.Starter() + "/v1/alerts/alertmanager"
	}
	for _, name := range s.Services {
		c.Services = append(c.Services, simulator.Service{Name: name})
	}
	return c
}
