package config

import (
	"cmp"
	"fmt"
	"os"
	"strings"

	"github.com/kelseyhightower/envconfig"
)

// Env is every variable that the worker and the starter read, as it is written. A variable that is empty counts as
// one that is not set.
type Env struct {
	Config            string `envconfig:"LASTGOOD_CONFIG"`
	ListenAddr        string `envconfig:"LISTEN_ADDR"`
	MetricsAddr       string `envconfig:"METRICS_ADDR"`
	LogLevel          string `envconfig:"LOG_LEVEL"`
	LogFormat         string `envconfig:"LOG_FORMAT"`
	PublicURL         string `envconfig:"PUBLIC_URL"`
	TemporalUIURL     string `envconfig:"TEMPORAL_UI_URL"`
	TaskQueue         string `envconfig:"TASK_QUEUE"`
	WorkerStopTimeout string `envconfig:"WORKER_STOP_TIMEOUT"`
	WorkflowCacheSize string `envconfig:"WORKFLOW_CACHE_SIZE"`

	AlertTokens     Secret `envconfig:"ALERT_TOKENS"`
	AlertTokensFile string `envconfig:"ALERT_TOKENS_FILE"`
	AlertRate       string `envconfig:"ALERT_RATE"`

	SlackAPIURL            string `envconfig:"SLACK_API_URL"`
	SlackBotToken          Secret `envconfig:"SLACK_BOT_TOKEN"`
	SlackBotTokenFile      string `envconfig:"SLACK_BOT_TOKEN_FILE"`
	SlackSigningSecret     Secret `envconfig:"SLACK_SIGNING_SECRET"`
	SlackSigningSecretFile string `envconfig:"SLACK_SIGNING_SECRET_FILE"`
	SlackAppToken          Secret `envconfig:"SLACK_APP_TOKEN"`
	SlackAppTokenFile      string `envconfig:"SLACK_APP_TOKEN_FILE"`

	JenkinsURL       string `envconfig:"JENKINS_URL"`
	JenkinsUser      string `envconfig:"JENKINS_USER"`
	JenkinsToken     Secret `envconfig:"JENKINS_TOKEN"`
	JenkinsTokenFile string `envconfig:"JENKINS_TOKEN_FILE"`

	JiraURL        string `envconfig:"JIRA_URL"`
	JiraUser       string `envconfig:"JIRA_USER"`
	JiraToken      Secret `envconfig:"JIRA_TOKEN"`
	JiraTokenFile  string `envconfig:"JIRA_TOKEN_FILE"`
	JiraDeployment string `envconfig:"JIRA_DEPLOYMENT"`

	SMTPURL     Secret `envconfig:"SMTP_URL"`
	SMTPURLFile string `envconfig:"SMTP_URL_FILE"`

	TwilioAccountSID    string `envconfig:"TWILIO_ACCOUNT_SID"`
	TwilioAuthToken     Secret `envconfig:"TWILIO_AUTH_TOKEN"`
	TwilioAuthTokenFile string `envconfig:"TWILIO_AUTH_TOKEN_FILE"`
	TwilioFrom          string `envconfig:"TWILIO_FROM"`
	TwilioAPIURL        string `envconfig:"TWILIO_API_URL"`

	DeadmanURL     Secret `envconfig:"DEADMAN_URL"`
	DeadmanURLFile string `envconfig:"DEADMAN_URL_FILE"`
	DeadmanEvery   string `envconfig:"DEADMAN_EVERY"`

	// What follows is accepted, not acted on by this version.
	PrometheusURL      string `envconfig:"PROMETHEUS_URL"`
	GitHubToken        Secret `envconfig:"GITHUB_TOKEN"`
	EncryptionKeys     Secret `envconfig:"ENCRYPTION_KEYS"`
	EncryptionKeysFile string `envconfig:"ENCRYPTION_KEYS_FILE"`
}

// defaultEnv is what is meant where the environment says nothing. METRICS_ADDR is the process's own.
var defaultEnv = Env{
	ListenAddr:        ":8080",
	LogLevel:          "info",
	LogFormat:         "text",
	TaskQueue:         "lastgood",
	AlertRate:         "200",
	WorkerStopTimeout: "30s",
	WorkflowCacheSize: "2000",
	SlackAPIURL:       "https://slack.com/api/",
	JiraDeployment:    "cloud",
	TwilioAPIURL:      "https://api.twilio.com",
	DeadmanEvery:      "1m",
}

var metricsAddr = map[Process]string{Starter: ":9090", Worker: ":9091"}

// readEnv reads the environment of this process. Every variable is kept as text: envconfig stops at the first value
// that it cannot convert, and all faults are to be told at once.
func readEnv() (Env, error) {
	var env Env
	if err := envconfig.Process("", &env); err != nil {
		return Env{}, fmt.Errorf("read the environment: %w", err)
	}
	return env, nil
}

// unused lists the variables that are set without effect.
func (e Env) unused() []string {
	var out []string
	for _, v := range []struct {
		name string
		set  bool
	}{
		{"SLACK_APP_TOKEN", !e.SlackAppToken.Empty() || e.SlackAppTokenFile != ""},
		{"PROMETHEUS_URL", e.PrometheusURL != ""},
		{"GITHUB_TOKEN", !e.GitHubToken.Empty()},
		{"ENCRYPTION_KEYS", !e.EncryptionKeys.Empty() || e.EncryptionKeysFile != ""},
	} {
		if v.set {
			out = append(out, v.name+": "+notActedOn)
		}
	}
	return out
}

func (e Env) withDefaults(process Process) Env {
	e.ListenAddr = cmp.Or(e.ListenAddr, defaultEnv.ListenAddr)
	e.MetricsAddr = cmp.Or(e.MetricsAddr, metricsAddr[process])
	e.LogLevel = cmp.Or(e.LogLevel, defaultEnv.LogLevel)
	e.LogFormat = cmp.Or(e.LogFormat, defaultEnv.LogFormat)
	e.TaskQueue = cmp.Or(e.TaskQueue, defaultEnv.TaskQueue)
	e.AlertRate = cmp.Or(e.AlertRate, defaultEnv.AlertRate)
	e.WorkerStopTimeout = cmp.Or(e.WorkerStopTimeout, defaultEnv.WorkerStopTimeout)
	e.WorkflowCacheSize = cmp.Or(e.WorkflowCacheSize, defaultEnv.WorkflowCacheSize)
	e.SlackAPIURL = cmp.Or(e.SlackAPIURL, defaultEnv.SlackAPIURL)
	e.JiraDeployment = cmp.Or(e.JiraDeployment, defaultEnv.JiraDeployment)
	e.DeadmanEvery = cmp.Or(e.DeadmanEvery, defaultEnv.DeadmanEvery)
	e.TwilioAPIURL = cmp.Or(e.TwilioAPIURL, defaultEnv.TwilioAPIURL)
	return e
}

// variables collects what is wrong with the environment while it is being read.
type variables struct {
	faults Faults
}

func (v *variables) fault(name, format string, args ...any) {
	v.faults = append(v.faults, Fault{Field: name, Problem: fmt.Sprintf(format, args...)})
}

// secret takes a secret from its variable, or from the file that NAME_FILE names.
func (v *variables) secret(name string, value Secret, file string) Secret {
	switch {
	case file == "":
		return value
	case !value.Empty():
		v.fault(name, "is set, and so is %s_FILE; unset one of them", name)
		return value
	}
	content, err := os.ReadFile(file)
	if err != nil {
		v.fault(name+"_FILE", "%v; name a file that this process may read, or set %s", err, name)
		return value
	}
	text := strings.TrimRight(string(content), "\r\n")
	if text == "" {
		v.fault(name+"_FILE", "%s is empty; write the secret into it", file)
	}
	return NewSecret(text)
}

// need reports a variable that this process cannot do without.
func (v *variables) need(set bool, name, why string) {
	if !set && !v.faulty(name) {
		v.fault(name, "is missing; %s", why)
	}
}

// faulty says whether a variable or its file has been found fault with already.
func (v *variables) faulty(name string) bool {
	for _, f := range v.faults {
		if f.Field == name || f.Field == name+"_FILE" {
			return true
		}
	}
	return false
}
