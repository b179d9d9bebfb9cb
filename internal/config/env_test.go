package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-44180607/lastgood/internal/config"
)

const account = "AC00000000000000000000000000000001"

const minimal = "testdata/good/minimal.yaml"

// starterEnv is all that a starter needs.
func starterEnv() config.Env {
	return config.Env{
		Config:             minimal,
		AlertTokens:        config.NewSecret("alertmanager:tok1"),
		SlackBotToken:      config.NewSecret("xoxb-1"),
		SlackSigningSecret: config.NewSecret("sign"),
	}
}

func TestAProcessHasDefaultsForWhatIsNotSet(t *testing.T) {
	c, err := config.From(config.Starter, starterEnv())
	require.NoError(t, err)
	require.Equal(t, ":8080", c.Listen)
	require.Equal(t, ":9090", c.Metrics)
	require.Equal(t, config.Log{Level: slog.LevelInfo}, c.Log)
	require.Equal(t, "lastgood", c.TaskQueue)
	require.Equal(t, 30*time.Second, c.StopTimeout)
	require.Equal(t, 2000, c.CacheSize)
	require.Equal(t, 200, c.AlertRate)
	require.Equal(t, config.Deadman{Every: time.Minute}, c.Deadman)
	require.Equal(t, "https://slack.com/api/", c.Slack.APIURL)
	require.True(t, c.Slack.On())
	require.False(t, c.Jenkins.On())
	require.False(t, c.Jira.On())
	require.Len(t, c.Services, 1)
	require.Empty(t, c.Unused())

	c, err = config.From(config.Worker, config.Env{Config: minimal})
	require.NoError(t, err)
	require.Equal(t, ":9091", c.Metrics)
	require.False(t, c.Slack.On())
}

func TestTheEnvironmentOfTheProcessIsRead(t *testing.T) {
	for name, value := range map[string]string{
		"LASTGOOD_CONFIG": minimal, "LISTEN_ADDR": "127.0.0.1:0", "METRICS_ADDR": "localhost:19090",
		"LOG_LEVEL": "DEBUG", "LOG_FORMAT": "json", "PUBLIC_URL": "https://lastgood.example.com",
		"TEMPORAL_UI_URL": "http://127.0.0.1:8233", "TASK_QUEUE": "mine", "WORKER_STOP_TIMEOUT": "1m",
		"WORKFLOW_CACHE_SIZE": "0", "ALERT_RATE": "50", "ALERT_TOKENS": "alertmanager:tok1, alertmanager:a:b ,gate:tok3",
		"SLACK_API_URL": "http://127.0.0.1:8090/slack/api", "SLACK_BOT_TOKEN": "xoxb-1",
		"SLACK_SIGNING_SECRET": "sign", "SLACK_APP_TOKEN": "xapp-1", "JENKINS_URL": "http://127.0.0.1:8090/jenkins/",
		"JENKINS_USER": "bot", "JENKINS_TOKEN": "jtok", "JIRA_URL": "http://127.0.0.1:8090/jira",
		"SMTP_URL":           "smtp://bot:p%40ss@mail.example.com:2525?from=lastgood+%3Clastgood@example.com%3E",
		"TWILIO_ACCOUNT_SID": account, "TWILIO_AUTH_TOKEN": "ttok", "TWILIO_FROM": "+15005550006",
		"TWILIO_API_URL": "http://127.0.0.1:8090/twilio", "DEADMAN_URL": "https://hc-ping.com/secret", "DEADMAN_EVERY": "30s",
		"JIRA_TOKEN": "pat", "JIRA_DEPLOYMENT": "datacenter", "JIRA_USER": "", "JIRA_TOKEN_FILE": "",
	} {
		t.Setenv(name, value)
	}
	c, err := config.Load(config.Starter)
	require.NoError(t, err)
	require.Equal(t, []string{"SLACK_APP_TOKEN: accepted, not acted on by this version"}, c.Unused())
	c.File = config.File{}
	require.Equal(t, config.Config{
		Listen: "127.0.0.1:0", Metrics: "localhost:19090", Log: config.Log{Level: slog.LevelDebug, JSON: true},
		PublicURL: "https://lastgood.example.com", TemporalUI: "http://127.0.0.1:8233",
		Tokens: map[string][]config.Secret{
			"alertmanager": {config.NewSecret("tok1"), config.NewSecret("a:b")},
			"gate":         {config.NewSecret("tok3")},
		},
		AlertRate: 50, TaskQueue: "mine", StopTimeout: time.Minute,
		Slack: config.Slack{
			BotToken: config.NewSecret("xoxb-1"), SigningSecret: config.NewSecret("sign"),
			AppToken: config.NewSecret("xapp-1"), APIURL: "http://127.0.0.1:8090/slack/api/",
		},
		Jenkins: config.Jenkins{URL: "http://127.0.0.1:8090/jenkins/", User: "bot", Token: config.NewSecret("jtok")},
		Jira:    config.Jira{URL: "http://127.0.0.1:8090/jira", Token: config.NewSecret("pat")},
		Mail: config.Mail{
			Host: "mail.example.com", Port: 2525, User: "bot", Password: config.NewSecret("p@ss"),
			From: "lastgood <lastgood@example.com>", Security: "mandatory",
		},
		Twilio: config.Twilio{
			AccountSID: account, AuthToken: config.NewSecret("ttok"), From: "+15005550006", APIURL: "http://127.0.0.1:8090/twilio",
		},
		Deadman: config.Deadman{URL: config.NewSecret("https://hc-ping.com/secret"), Every: 30 * time.Second},
	}, c)
}

func TestAVariableAtFaultIsNamed(t *testing.T) {
	for _, c := range []struct {
		name    string
		process config.Process
		change  func(*config.Env)
		want    []string
	}{
		{"starter with nothing", config.Starter, func(e *config.Env) { *e = config.Env{} }, []string{
			"LASTGOOD_CONFIG: is missing", "ALERT_TOKENS: is missing", "SLACK_BOT_TOKEN: is missing",
			"SLACK_SIGNING_SECRET: is missing",
		}},
		{"worker with nothing", config.Worker, func(e *config.Env) { *e = config.Env{} }, []string{
			"LASTGOOD_CONFIG: is missing",
		}},
		{"no such file", config.Worker, func(e *config.Env) { e.Config = "testdata/none.yaml" }, []string{
			"LASTGOOD_CONFIG: open testdata/none.yaml: no such file or directory",
		}},
		{"variables and file", config.Worker, func(e *config.Env) {
			e.LogLevel, e.Config = "loud", "testdata/bad/no-services.yaml"
		}, []string{`LOG_LEVEL: "loud" is none of debug, info, warn, error`, "testdata/bad/no-services.yaml:4: services: there must"}},
		{"log format", config.Worker, func(e *config.Env) { e.LogFormat = "xml" }, []string{`LOG_FORMAT: "xml" is neither text nor json`}},
		{"addresses", config.Worker, func(e *config.Env) { e.ListenAddr, e.MetricsAddr = "8080", ":http8" }, []string{
			`LISTEN_ADDR: "8080" is no address`, `METRICS_ADDR: ":http8" has no port`,
		}},
		{"URLs", config.Worker, func(e *config.Env) {
			e.PublicURL, e.TemporalUIURL, e.SlackAPIURL = "lastgood.example.com", "ftp://x", "https://slack.com/api/?x=1"
		}, []string{"PUBLIC_URL: is no URL", "TEMPORAL_UI_URL: is no URL", "SLACK_API_URL: carries a query"}},
		{"no alerts", config.Starter, func(e *config.Env) { e.AlertRate = "0" }, []string{`ALERT_RATE: "0" is no whole number of calls a second between 1 and 100000`}},
		{"words for alerts", config.Starter, func(e *config.Env) { e.AlertRate = "50/s" }, []string{`ALERT_RATE: "50/s" is no whole number`}},
		{"numbers", config.Worker, func(e *config.Env) { e.WorkerStopTimeout, e.WorkflowCacheSize = "30", "-1" }, []string{
			`WORKER_STOP_TIMEOUT: "30" is no time`, `WORKFLOW_CACHE_SIZE: "-1" is no whole number`,
		}},
		{"an address to ping that is none", config.Worker, func(e *config.Env) { e.DeadmanURL = config.NewSecret("hush.example.com/hush") }, []string{
			"DEADMAN_URL: is no URL; write it like https://hc-ping.com/UUID",
		}},
		{"looks too often", config.Worker, func(e *config.Env) { e.DeadmanEvery = "10ms" }, []string{`DEADMAN_EVERY: "10ms" is no time between 1s and 1h`}},
		{"Jenkins without user and token", config.Worker, func(e *config.Env) { e.JenkinsURL = "http://jenkins:8080" }, []string{
			"JENKINS_USER: is missing", "JENKINS_TOKEN: is missing",
		}},
		{"Jenkins without URL", config.Worker, func(e *config.Env) {
			e.JenkinsUser, e.JenkinsToken = "bot", config.NewSecret("hush")
		}, []string{"JENKINS_URL: is missing"}},
		{"Jenkins with a password in its URL", config.Worker, func(e *config.Env) {
			e.JenkinsURL, e.JenkinsUser, e.JenkinsToken = "http://bot:hush@jenkins", "bot", config.NewSecret("hush")
		}, []string{"JENKINS_URL: carries a user or a password"}},
		{"Jira Cloud without user", config.Worker, func(e *config.Env) {
			e.JiraURL, e.JiraToken = "https://acme.atlassian.net", config.NewSecret("hush")
		}, []string{"JIRA_USER: is missing"}},
		{"Jira of no kind", config.Worker, func(e *config.Env) { e.JiraDeployment = "server" }, []string{
			`JIRA_DEPLOYMENT: "server" is neither cloud nor datacenter`,
		}},
		{"Twilio in part", config.Worker, func(e *config.Env) { e.TwilioFrom = "LASTGOOD" }, []string{
			"TWILIO_ACCOUNT_SID: is missing", "TWILIO_AUTH_TOKEN: is missing", `TWILIO_FROM: "LASTGOOD" is neither a number`,
		}},
		{"Twilio with an API key", config.Worker, func(e *config.Env) {
			e.TwilioAccountSID, e.TwilioAuthToken, e.TwilioFrom = "SK1", config.NewSecret("hush"), "+15005550006"
		}, []string{"TWILIO_ACCOUNT_SID: is no account SID"}},
		{"no mail server", config.Worker, func(e *config.Env) { e.SMTPURL = config.NewSecret("https://bot:hush@mail") }, []string{
			"SMTP_URL: is no URL of a mail server",
		}},
		{"a mail server with everything wrong", config.Worker, func(e *config.Env) {
			e.SMTPURL = config.NewSecret("smtp://hush@mail:99999/x?form=me&starttls=maybe")
		}, []string{
			"SMTP_URL: has more than a host", `SMTP_URL: has the unknown parameter "form"`, "SMTP_URL: has no port",
			"SMTP_URL: names no sender", "SMTP_URL: has one of user and password", "SMTP_URL: has a starttls that is none of",
		}},
		{"a mail password in the clear", config.Worker, func(e *config.Env) {
			e.SMTPURL = config.NewSecret("smtp://bot:hush@mail?from=a@example.com&starttls=never")
		}, []string{"SMTP_URL: would send the password in the clear"}},
		{"smtps with starttls", config.Worker, func(e *config.Env) {
			e.SMTPURL = config.NewSecret("smtps://mail?from=a@example.com&starttls=never")
		}, []string{"SMTP_URL: is smtps and asks for starttls"}},
		{"tokens", config.Starter, func(e *config.Env) {
			e.AlertTokens = config.NewSecret("hush,alertmanager:,grafana:hush1,grafana:hush2,grafana:hush3,Grafana:hush4,")
		}, []string{
			"ALERT_TOKENS: entry 1 is not source:token", "ALERT_TOKENS: entry 2 gives alertmanager an empty token",
			"ALERT_TOKENS: entry 5 is a third token for grafana", "ALERT_TOKENS: entry 6 is not source:token",
			"ALERT_TOKENS: entry 7 is not source:token",
		}},
		{"secret twice", config.Starter, func(e *config.Env) { e.SlackBotTokenFile = "testdata/token" }, []string{
			"SLACK_BOT_TOKEN: is set, and so is SLACK_BOT_TOKEN_FILE; unset one of them",
		}},
		{"secret file unreadable", config.Starter, func(e *config.Env) {
			e.SlackSigningSecret, e.SlackSigningSecretFile = config.Secret{}, "testdata/none"
		}, []string{"SLACK_SIGNING_SECRET_FILE: open testdata/none: no such file or directory"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := starterEnv()
			c.change(&env)
			_, err := config.From(c.process, env)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hush")
			lines := strings.Split(err.Error(), "\n  ")[1:]
			require.Len(t, lines, len(c.want), err.Error())
			for i, want := range c.want {
				require.Contains(t, lines[i], want)
			}
		})
	}
}

func TestASettingWithoutEffectIsNamed(t *testing.T) {
	c, err := config.From(config.Worker, config.Env{
		Config: example, PrometheusURL: "http://prometheus:9090", GitHubToken: config.NewSecret("hush"),
		EncryptionKeysFile: "/run/secrets/keys",
	})
	require.NoError(t, err)
	require.Equal(t, []string{
		"PROMETHEUS_URL: accepted, not acted on by this version", "GITHUB_TOKEN: accepted, not acted on by this version",
		"ENCRYPTION_KEYS: accepted, not acted on by this version",
	}, c.Unused()[:3])
	file, err := config.ReadFile(example)
	require.NoError(t, err)
	require.Equal(t, file.Unused(), c.Unused()[3:], "with those of the file")
}

func TestASecretMayLieInAFile(t *testing.T) {
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "secret")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	env := config.Env{
		Config:                 minimal,
		AlertTokensFile:        write("alertmanager:tok1\n"),
		SlackBotTokenFile:      write("xoxb-1\r\n"),
		SlackSigningSecretFile: write(" sign "),
	}
	c, err := config.From(config.Starter, env)
	require.NoError(t, err)
	require.Equal(t, "tok1", c.Tokens["alertmanager"][0].Reveal())
	require.Equal(t, "xoxb-1", c.Slack.BotToken.Reveal())
	require.Equal(t, " sign ", c.Slack.SigningSecret.Reveal())

	env.SlackBotTokenFile = write("\n")
	_, err = config.From(config.Starter, env)
	require.ErrorContains(t, err, "SLACK_BOT_TOKEN_FILE: "+env.SlackBotTokenFile+" is empty")
}

func TestASecretShowsNowhere(t *testing.T) {
	type hidden struct {
		token config.Secret
	}
	secret := config.NewSecret("hush")
	env := config.Env{SlackBotToken: secret}
	full := config.Config{Tokens: map[string][]config.Secret{"gate": {secret}}, Slack: config.Slack{BotToken: secret}}
	var printed strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		for _, v := range []any{secret, &secret, env, full, hidden{secret}, &hidden{secret}, []config.Secret{secret}} {
			fmt.Fprintf(&printed, verb+"\n", v)
		}
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&printed, nil), slog.NewJSONHandler(&printed, nil)} {
		slog.New(h).Info("secrets", "one", secret, "pointer", &secret, "env", env, "config", full)
	}
	encoded, err := json.Marshal(full)
	require.NoError(t, err)
	printed.Write(encoded)
	require.Contains(t, printed.String(), "[redacted]")
	require.NotContains(t, printed.String(), "hush")
	require.NotContains(t, printed.String(), "68757368", "hush in hexadecimal")
	require.Equal(t, "hush", secret.Reveal())
}

func TestHowAMailServerIsSpokenToFollowsFromItsURL(t *testing.T) {
	for address, want := range map[string]config.Mail{
		"smtp://mail?from=a@example.com":                         {Host: "mail", Port: 587, Security: "mandatory"},
		"smtps://mail?from=a@example.com":                        {Host: "mail", Port: 465, Security: "tls"},
		"smtp://mail:25?from=a@example.com&starttls=never":       {Host: "mail", Port: 25, Security: "never"},
		"smtp://mail?from=a@example.com&starttls=opportunistic":  {Host: "mail", Port: 587, Security: "opportunistic"},
		"smtp://localhost:2525?from=a@example.com":               {Host: "localhost", Port: 2525, Security: "never"},
		"smtp://[::1]:2525/?from=a@example.com":                  {Host: "::1", Port: 2525, Security: "never"},
		"smtp://127.0.0.1?from=a@example.com&starttls=mandatory": {Host: "127.0.0.1", Port: 587, Security: "mandatory"},
	} {
		want.From = "a@example.com"
		c, err := config.From(config.Worker, config.Env{Config: minimal, SMTPURL: config.NewSecret(address)})
		require.NoError(t, err, address)
		require.Equal(t, want, c.Mail, address)
		require.True(t, c.Mail.On())
	}
}

func TestWhatIsLeftUndoneIsWarnedOf(t *testing.T) {
	env := config.Env{Config: example}
	c, err := config.From(config.Worker, env)
	require.NoError(t, err)
	require.Equal(t, []string{
		"SMTP_URL is not set: the contact rules by email of sre-1 fail when they are due",
		"TWILIO_ACCOUNT_SID is not set: the contact rules by sms of sre-1 fail when they are due",
	}, c.Warnings(config.Worker))
	require.Empty(t, c.Warnings(config.Starter))

	env.SMTPURL = config.NewSecret("smtp://mail?from=a@example.com")
	env.TwilioAccountSID, env.TwilioAuthToken, env.TwilioFrom = account, config.NewSecret("hush"), "+15005550006"
	c, err = config.From(config.Worker, env)
	require.NoError(t, err)
	lost := "PUBLIC_URL is not set: nobody can answer a page by SMS, and a text that gets lost is not noticed"
	require.Equal(t, []string{lost}, c.Warnings(config.Worker))
	require.Equal(t, []string{lost}, c.Warnings(config.Starter))
	c.PublicURL = "https://lastgood.example.com"
	require.Empty(t, c.Warnings(config.Worker))
}
