package config

import (
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings checks every variable and gives what they come to for a process.
func (e Env) settings(process Process) (Config, Faults) {
	e = e.withDefaults(process)
	var v variables
	c := Config{
		Listen:      v.address("LISTEN_ADDR", e.ListenAddr),
		Metrics:     v.address("METRICS_ADDR", e.MetricsAddr),
		Log:         v.log(e.LogLevel, e.LogFormat),
		PublicURL:   v.url("PUBLIC_URL", e.PublicURL),
		TemporalUI:  v.url("TEMPORAL_UI_URL", e.TemporalUIURL),
		Tokens:      v.tokens("ALERT_TOKENS", v.secret("ALERT_TOKENS", e.AlertTokens, e.AlertTokensFile)),
		AlertRate:   v.alertRate(e.AlertRate),
		TaskQueue:   e.TaskQueue,
		StopTimeout: v.stopTimeout(e.WorkerStopTimeout),
		CacheSize:   v.cacheSize(e.WorkflowCacheSize),
		Slack:       v.slack(e),
		Jenkins:     v.jenkins(e),
		Jira:        v.jira(e),
		Mail:        v.mail(e),
		Twilio:      v.twilio(e),
		Deadman:     v.deadman(e),
	}
	v.need(e.Config != "", "LASTGOOD_CONFIG", "set it to the path of lastgood.yaml (docs/examples/lastgood.yaml is one)")
	if process == Starter {
		v.need(len(c.Tokens) > 0, "ALERT_TOKENS", "set it to source:token, as in alertmanager:TOKEN, or set ALERT_TOKENS_FILE")
		v.need(c.Slack.On(), "SLACK_BOT_TOKEN", "set it or SLACK_BOT_TOKEN_FILE to the token of the Slack app (xoxb-…)")
		v.need(!c.Slack.SigningSecret.Empty(), "SLACK_SIGNING_SECRET",
			"set it or SLACK_SIGNING_SECRET_FILE to the signing secret of the Slack app")
	}
	return c, v.faults
}

func (v *variables) address(name, value string) string {
	_, port, err := net.SplitHostPort(value)
	if err != nil {
		v.fault(name, "%q is no address; write host:port or :port, as in :8080", value)
		return value
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		v.fault(name, "%q has no port between 0 and 65535", value)
	}
	return value
}

func (v *variables) log(level, format string) Log {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	l, known := levels[strings.ToLower(level)]
	if !known {
		v.fault("LOG_LEVEL", "%q is none of debug, info, warn, error", level)
	}
	if format != "text" && format != "json" {
		v.fault("LOG_FORMAT", "%q is neither text nor json", format)
	}
	return Log{Level: l, JSON: format == "json"}
}

// url checks an absolute HTTP URL. Its text is never repeated in full: it may carry a password.
func (v *variables) url(name, value string) string {
	if value == "" {
		return ""
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		v.fault(name, "is no URL; write it like https://host/path")
	case u.User != nil:
		v.fault(name, "carries a user or a password; take it out of the URL, they have variables of their own")
	case u.RawQuery != "" || u.Fragment != "":
		v.fault(name, "carries a query or a fragment; write it like https://host/path")
	}
	return value
}

func (v *variables) stopTimeout(value string) time.Duration {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		v.fault("WORKER_STOP_TIMEOUT", "%q is no time above 0 like 30s", value)
	}
	return d
}

// maxAlertRate is more than any Temporal takes from one starter.
const maxAlertRate = 100_000

func (v *variables) alertRate(value string) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxAlertRate {
		v.fault("ALERT_RATE", "%q is no whole number of calls a second between 1 and %d, like 200", value, maxAlertRate)
	}
	return n
}

func (v *variables) cacheSize(value string) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		v.fault("WORKFLOW_CACHE_SIZE", "%q is no whole number of workflows like 2000", value)
	}
	return n
}

func (v *variables) slack(e Env) Slack {
	api := v.url("SLACK_API_URL", e.SlackAPIURL)
	if !strings.HasSuffix(api, "/") {
		api += "/"
	}
	return Slack{
		BotToken:      v.secret("SLACK_BOT_TOKEN", e.SlackBotToken, e.SlackBotTokenFile),
		SigningSecret: v.secret("SLACK_SIGNING_SECRET", e.SlackSigningSecret, e.SlackSigningSecretFile),
		AppToken:      v.secret("SLACK_APP_TOKEN", e.SlackAppToken, e.SlackAppTokenFile),
		APIURL:        api,
	}
}

func (v *variables) jenkins(e Env) Jenkins {
	j := Jenkins{
		URL:   v.url("JENKINS_URL", e.JenkinsURL),
		User:  e.JenkinsUser,
		Token: v.secret("JENKINS_TOKEN", e.JenkinsToken, e.JenkinsTokenFile),
	}
	if j.URL != "" || j.User != "" || !j.Token.Empty() {
		v.need(j.URL != "", "JENKINS_URL", "Jenkins is configured in part: set it, or unset JENKINS_USER and JENKINS_TOKEN")
		v.need(j.User != "", "JENKINS_USER", "Jenkins is configured in part: set it, or unset JENKINS_URL")
		v.need(!j.Token.Empty(), "JENKINS_TOKEN", "Jenkins is configured in part: set it or JENKINS_TOKEN_FILE, or unset JENKINS_URL")
	}
	return j
}

func (v *variables) jira(e Env) Jira {
	j := Jira{
		URL:   v.url("JIRA_URL", e.JiraURL),
		User:  e.JiraUser,
		Token: v.secret("JIRA_TOKEN", e.JiraToken, e.JiraTokenFile),
		Cloud: e.JiraDeployment == "cloud",
	}
	if !slices.Contains([]string{"cloud", "datacenter"}, e.JiraDeployment) {
		v.fault("JIRA_DEPLOYMENT", "%q is neither cloud nor datacenter", e.JiraDeployment)
	}
	if j.URL != "" || j.User != "" || !j.Token.Empty() {
		v.need(j.URL != "", "JIRA_URL", "Jira is configured in part: set it, or unset JIRA_USER and JIRA_TOKEN")
		v.need(j.User != "" || !j.Cloud, "JIRA_USER", "Jira Cloud wants a user with the token: set it, or unset JIRA_URL")
		v.need(!j.Token.Empty(), "JIRA_TOKEN", "Jira is configured in part: set it or JIRA_TOKEN_FILE, or unset JIRA_URL")
	}
	return j
}

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// tokens reads source:token,source:token. A token may hold colons, but no comma. The faults number the entries and
// never repeat one.
func (v *variables) tokens(name string, list Secret) map[string][]Secret {
	if list.Empty() {
		return nil
	}
	out := map[string][]Secret{}
	for i, entry := range strings.Split(list.Reveal(), ",") {
		source, token, found := strings.Cut(strings.TrimSpace(entry), ":")
		token = strings.TrimSpace(token)
		switch {
		case !found || !sourceName.MatchString(source):
			v.fault(name, "entry %d is not source:token, as in alertmanager:TOKEN", i+1)
		case token == "":
			v.fault(name, "entry %d gives %s an empty token; write one after the colon", i+1, source)
		case len(out[source]) == 2:
			v.fault(name, "entry %d is a third token for %s; keep two, the old one and the new one", i+1, source)
		default:
			out[source] = append(out[source], NewSecret(token))
		}
	}
	return out
}
