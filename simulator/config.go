package simulator

import (
	"log/slog"
	"strings"
	"time"
)

// Config says who may call the simulator, whom it calls, and how fast its
// world turns. The zero value works: every field has a default.
type Config struct {
	PublicURL string           // own base URL as clients see it; default http://127.0.0.1:8090
	Logger    *slog.Logger     // default: discards
	Now       func() time.Time // the clock; default time.Now

	SlackToken           string              // default "xoxb-simulator"
	SlackAppToken        string              // opens Socket Mode connections; default "xapp-simulator"
	SlackSigningSecret   string              // default "simulator-signing-secret"
	SlackScopes          []string            // scopes of the token; default all that the methods need
	SlackUsers           []string            // users that exist; default any ID of the form U… or W…
	SlackNames           map[string]string   // user ID to the name that the page shows; default the demo's people
	ChannelNames         map[string]string   // channel ID to name; default what follows C0, in small letters
	SlackGroups          map[string][]string // user group ID to its members
	SlackPerChannelRate  float64             // messages a second in one channel; default 1, below 0 no limit
	SlackPerChannelBurst int                 // messages at once in one channel; default 5
	Channels             []string            // channel IDs that exist from the start
	StrictChannels       bool                // only Channels exist; else any C… or G… does once used
	SlackAckWithin       time.Duration       // wait for the answer to an interaction or a command; default 3s
	InteractionsURL      string              // where clicks go: the starter's POST /slack/interactions
	CommandsURL          string              // where slash commands go; default beside InteractionsURL

	JenkinsUser     string        // default "lastgood"
	JenkinsToken    string        // API token, needs no crumb; default "simulator-jenkins-token"
	JenkinsPassword string        // password of the same user, needs a crumb; default none
	JenkinsRootURL  string        // root of the URLs in Jenkins' JSON; default PublicURL + /jenkins/
	BuildDuration   time.Duration // default 2s
	QuietPeriod     time.Duration // default 200ms; below 0 none (Jenkins itself: 5s)

	JiraMode           string            // "cloud" (default) or "datacenter"
	JiraUser           string            // cloud: Basic auth; default "lastgood@example.com"
	JiraToken          string            // default "simulator-jira-token"; in datacenter mode a Bearer token
	JiraProjects       []string          // default OPS
	JiraIssueTypes     []string          // default Incident, Task, Bug, Story
	JiraRequired       map[string]string // field to the message that its absence earns
	JiraIndexLag       time.Duration     // time from a write to its being found by a search
	JiraWritesPerIssue float64           // writes a second to one issue, burst 10; default 0, no limit

	TwilioAccountSID   string            // default AC and 31 zeros and a one
	TwilioAuthToken    string            // default "simulator-twilio-token"
	TwilioNumber       string            // the account's own; default +15005550006
	TwilioDeliverAfter time.Duration     // from one status of a text to the next; default 100ms
	SMSURL             string            // where replies go: the starter's POST /twilio/sms; empty: nowhere
	Contacts           map[string]string // phone numbers and mail addresses to Slack user IDs, for the page; default the demo's

	Services     []Service     // default: the service checkout
	AlertURL     string        // where the monitor posts: the starter's POST /v1/alerts/alertmanager; empty: no monitor
	AlertToken   string        // its bearer token; default "simulator-alert-token"
	MonitorEvery time.Duration // default 500ms
}

// Service is one service of the shop, the Jenkins job that deploys it and the
// alert that watches it.
type Service struct {
	Name             string
	Job              string       // full name of its job; default "deploy/" + Name
	Freestyle        bool         // a freestyle job; default Pipeline
	Parameters       []Parameter  // nil: VERSION, ENVIRONMENT and INCIDENT_ID; empty: not parameterized
	ReleaseParameter string       // default VERSION
	History          []Deployment // oldest first; nil: several good releases, hours old
	Alert            Alert
}

// Parameter is one declared parameter of a job: a choice when it has choices,
// the first being its default unless Default says otherwise; else a string.
type Parameter struct {
	Name    string
	Default string
	Choices []string
}

// Deployment is a finished build of a service's job.
type Deployment struct {
	Release     string
	Environment string        // default production
	Result      string        // Jenkins' result; default SUCCESS
	By          string        // Jenkins user ID
	Ago         time.Duration // how long before the seeding the build started
	Commits     []Commit
}

// Commit is one entry of a build's change set.
type Commit struct {
	Author  string   `json:"author"`
	Message string   `json:"message"`
	Paths   []string `json:"paths"`
}

// Alert describes what the monitor says about a service.
type Alert struct {
	Name     string            // default HighErrorRatio
	Severity string            // default critical
	Summary  string            // default names the service
	Runbook  string            // default https://wiki.example.com/<service>
	Labels   map[string]string // further labels
}

func (c Config) withDefaults() Config {
	c.PublicURL = strings.TrimSuffix(or(c.PublicURL, "http://127.0.0.1:8090"), "/")
	c.Logger = or(c.Logger, slog.New(slog.DiscardHandler))
	c.SlackToken = or(c.SlackToken, "xoxb-simulator")
	c.SlackSigningSecret = or(c.SlackSigningSecret, "simulator-signing-secret")
	c.SlackAppToken = or(c.SlackAppToken, "xapp-simulator")
	c.SlackAckWithin = or(c.SlackAckWithin, 3*time.Second)
	c.CommandsURL = or(c.CommandsURL, strings.TrimSuffix(c.InteractionsURL, "/interactions")+"/commands")
	c.SlackPerChannelRate = or(c.SlackPerChannelRate, 1)
	c.SlackPerChannelBurst = or(c.SlackPerChannelBurst, 5)
	c.JenkinsUser = or(c.JenkinsUser, "lastgood")
	c.JenkinsToken = or(c.JenkinsToken, "simulator-jenkins-token")
	c.JenkinsRootURL = strings.TrimSuffix(or(c.JenkinsRootURL, c.PublicURL+"/jenkins"), "/") + "/"
	c.BuildDuration = or(c.BuildDuration, 2*time.Second)
	c.QuietPeriod = max(or(c.QuietPeriod, 200*time.Millisecond), 0)
	c.JiraMode = or(c.JiraMode, "cloud")
	c.JiraUser = or(c.JiraUser, "lastgood@example.com")
	c.JiraToken = or(c.JiraToken, "simulator-jira-token")
	c.TwilioAccountSID = or(c.TwilioAccountSID, "AC00000000000000000000000000000001")
	c.TwilioAuthToken = or(c.TwilioAuthToken, "simulator-twilio-token")
	c.TwilioNumber = or(c.TwilioNumber, "+15005550006")
	c.TwilioDeliverAfter = or(c.TwilioDeliverAfter, 100*time.Millisecond)
	c.AlertToken = or(c.AlertToken, "simulator-alert-token")
	c.MonitorEvery = or(c.MonitorEvery, 500*time.Millisecond)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.SlackNames == nil {
		c.SlackNames = map[string]string{"U0SRE1": "First responder", "U0SRE2": "Second responder", "U0STRANGER": "Somebody else"}
	}
	if c.Contacts == nil {
		c.Contacts = map[string]string{
			"+440000000001": "U0SRE1", "sre-1@example.com": "U0SRE1", "+440000000002": "U0SRE2", "sre-2@example.com": "U0SRE2",
		}
	}
	if c.JiraProjects == nil {
		c.JiraProjects = []string{"OPS"}
	}
	if c.JiraIssueTypes == nil {
		c.JiraIssueTypes = []string{"Incident", "Task", "Bug", "Story"}
	}
	if c.Services == nil {
		c.Services = []Service{{Name: "checkout"}}
	}
	services := make([]Service, 0, len(c.Services))
	for _, service := range c.Services {
		services = append(services, service.withDefaults())
	}
	c.Services = services
	return c
}

func (s Service) withDefaults() Service {
	s.Job = or(s.Job, "deploy/"+s.Name)
	s.ReleaseParameter = or(s.ReleaseParameter, "VERSION")
	s.Alert.Name = or(s.Alert.Name, "HighErrorRatio")
	s.Alert.Severity = or(s.Alert.Severity, "critical")
	s.Alert.Summary = or(s.Alert.Summary, "More than 5% of the requests to "+s.Name+" fail")
	s.Alert.Runbook = or(s.Alert.Runbook, "https://wiki.example.com/"+s.Name)
	if s.Parameters == nil {
		s.Parameters = []Parameter{
			{Name: s.ReleaseParameter},
			{Name: "ENVIRONMENT", Choices: []string{"staging", "production"}},
			{Name: "INCIDENT_ID"},
		}
	}
	if s.History == nil {
		s.History = seededHistory(s.Name)
	}
	return s
}

// seededHistory leaves 2026.11.3 in production for seven hours, with an older
// release to fall back on and a younger one that only staging has seen.
func seededHistory(service string) []Deployment {
	file := "services/" + service + "/"
	return []Deployment{
		{Release: "2026.11.1", By: "ana", Ago: 74 * time.Hour, Commits: []Commit{
			{Author: "Ana Duarte", Message: "Keep the basket when the session ends", Paths: []string{file + "basket.go"}},
		}},
		{Release: "2026.11.2", Environment: "staging", By: "ben", Ago: 30 * time.Hour, Commits: []Commit{
			{Author: "Ben Okafor", Message: "Round tax by line, not by order\n\nThe tax office asks for it.", Paths: []string{file + "tax.go", file + "tax_test.go"}},
			{Author: "Ana Duarte", Message: "Log the payment provider's request ID", Paths: []string{file + "payment.go"}},
		}},
		{Release: "2026.11.2", By: "ben", Ago: 29 * time.Hour},
		{Release: "2026.11.3", By: "chloe", Ago: 7 * time.Hour, Commits: []Commit{
			{Author: "Chloe Martin", Message: "Show delivery dates in the customer's language", Paths: []string{file + "delivery.go"}},
		}},
		{Release: "2026.12.0-rc1", Environment: "staging", By: "ana", Ago: 2 * time.Hour, Commits: []Commit{
			{Author: "Ana Duarte", Message: "Gift cards behind a flag", Paths: []string{file + "giftcard.go"}},
		}},
	}
}

// or returns value, or fallback when value is the zero value.
func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
