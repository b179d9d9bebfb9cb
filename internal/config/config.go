// Package config reads what an operator has written: the environment and lastgood.yaml. It checks everything at once
// and reports every fault with its variable or its line, and hands on domain types. It connects to nobody, and it does
// not read the TEMPORAL_* variables, which belong to the Temporal SDK.
package config

import (
	"errors"
	"log/slog"
	"time"
)

// Process is one of the programs that need a configuration; what must be set depends on it.
type Process string

// The processes.
const (
	Starter Process = "starter"
	Worker  Process = "worker"
)

// Config is the whole configuration of one process, checked and with its defaults filled in.
type Config struct {
	Listen  string // Address of the starter's HTTP interface.
	Metrics string // Address of /metrics, /healthz and /readyz.
	Log     Log
	// PublicURL and TemporalUI are where people's browsers find the starter and the Temporal UI; "" when not told.
	PublicURL  string
	TemporalUI string
	// Tokens are those that a source of alerts may show: one, or two while they are exchanged.
	Tokens map[string][]Secret
	// AlertRate is how many calls a second each source of alerts may make over time.
	AlertRate int
	TaskQueue string
	// StopTimeout is how long a process may take to end after SIGTERM.
	StopTimeout time.Duration
	// CacheSize is how many workflows a worker keeps in memory; 0 keeps none.
	CacheSize int
	Slack     Slack
	Jenkins   Jenkins
	Jira      Jira
	Mail      Mail
	Twilio    Twilio
	Deadman   Deadman
	File
}

// Log says how to log.
type Log struct {
	Level slog.Level
	JSON  bool
}

// Slack is how to reach Slack.
type Slack struct {
	BotToken, SigningSecret, AppToken Secret
	// APIURL ends in a slash.
	APIURL string
}

// On says whether messages can be posted.
func (s Slack) On() bool { return !s.BotToken.Empty() }

// Jenkins is how to reach Jenkins. The URL may carry a path.
type Jenkins struct {
	URL, User string
	Token     Secret
}

// On says whether Jenkins is configured.
func (j Jenkins) On() bool { return j.URL != "" }

// Jira is how to reach Jira. The URL may carry a path.
type Jira struct {
	URL string
	// User is empty for a personal access token, which Data Center takes without one.
	User  string
	Token Secret
	Cloud bool // Jira Cloud; otherwise Data Center.
}

// On says whether Jira is configured.
func (j Jira) On() bool { return j.URL != "" }

// Load reads the environment of this process and the file that LASTGOOD_CONFIG names. The error is a Faults: all that
// is wrong with either of them.
func Load(process Process) (Config, error) {
	env, err := readEnv()
	if err != nil {
		return Config{}, err
	}
	return From(process, env)
}

// From is Load for an environment that somebody else has read or made up.
func From(process Process, env Env) (Config, error) {
	c, faults := env.settings(process)
	if env.Config != "" {
		file, err := ReadFile(env.Config)
		if more, ok := errors.AsType[Faults](err); ok {
			faults = append(faults, more...)
		}
		c.File = file
	}
	c.unused = append(env.unused(), c.unused...)
	if process == Starter {
		c.unused = append(c.unused, c.uncalled()...)
	}
	if len(faults) > 0 {
		return Config{}, faults
	}
	return c, nil
}
