package simulator

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Identities of the simulated workspace and of the app in it.
const (
	slackTeam    = "T0SIMULATOR"
	slackDomain  = "simulator"
	slackApp     = "A0LASTGOOD"
	slackBot     = "B0LASTGOOD"
	slackBotUser = "U0LASTGOOD"
)

// slack is a workspace with one app in it.
type slack struct {
	cfg           Config
	ledger        *ledger
	conversations map[string]*conversation
	lastTS        int64 // microseconds
	secrets       int   // trigger IDs and response URLs made so far
	triggers      map[string]*trigger
	responses     map[string]*responseURL
	views         map[string]*view
	tickets       map[string]time.Time // of Socket Mode connections not made yet
}

type slackArgs map[string]string

type slackMethod struct {
	scope string
	serve func(*slack, slackArgs, time.Time) (map[string]any, *refusal)
}

// refusal is an error as Slack words it: a code, mostly with HTTP 200.
type refusal struct {
	code       string
	messages   []string
	needed     string
	provided   string
	each       []map[string]any // what is wrong with each of several users
	retryAfter time.Duration
}

func refuse(code string, messages ...string) *refusal {
	return &refusal{code: code, messages: messages}
}

func slackMethods() map[string]slackMethod {
	return map[string]slackMethod{
		"apps.connections.open": {connectionsWrite, (*slack).openConnection},
		"auth.test":             {"", (*slack).authTest},
		"chat.postMessage":      {"chat:write", (*slack).postMessage},
		"chat.postEphemeral":    {"chat:write", (*slack).postEphemeral},
		"chat.update":           {"chat:write", (*slack).updateMessage},
		"conversations.archive": {"channels:manage", (*slack).archiveChannel},
		"conversations.create":  {"channels:manage", (*slack).createChannel},
		"conversations.history": {"", (*slack).history},
		"conversations.info":    {"channels:read", (*slack).channelInfo},
		"conversations.invite":  {"channels:manage", (*slack).inviteUsers},
		"conversations.open":    {"im:write", (*slack).openConversation},
		"conversations.replies": {"", (*slack).replies},
		"users.info":            {"users:read", (*slack).userInfo},
		"users.lookupByEmail":   {"users:read.email", (*slack).userByEmail},
		"usergroups.users.list": {"usergroups:read", (*slack).groupUsers},
		"views.open":            {"", (*slack).openView},
		"views.update":          {"", (*slack).updateView},
	}
}

func newSlack(cfg Config, ledger *ledger) *slack {
	s := &slack{
		cfg: cfg, ledger: ledger,
		conversations: map[string]*conversation{},
		triggers:      map[string]*trigger{},
		responses:     map[string]*responseURL{},
		views:         map[string]*view{},
		tickets:       map[string]time.Time{},
	}
	for _, id := range cfg.Channels {
		s.conversations[id] = &conversation{id: id}
	}
	return s
}

func (s *slack) serve(c call) reply {
	switch {
	case len(c.segments) == 2 && c.segments[0] == "api":
		return s.serveMethod(c, c.segments[1])
	case len(c.segments) == 3 && c.segments[0] == "actions" && c.Method == http.MethodPost:
		return s.respond(c, c.segments[2])
	}
	return htmlReply(http.StatusNotFound, "no such page")
}

func (s *slack) serveMethod(c call, name string) reply {
	method, ok := slackMethods()[name]
	if !ok {
		return slackError(refuse("unknown_method"))
	}
	args, refused := readSlackArgs(c)
	if refused == nil {
		refused = s.authorize(c, args, method.scope)
	}
	if refused != nil {
		return slackError(refused)
	}
	result, refused := method.serve(s, args, c.now)
	if refused != nil {
		return slackError(refused)
	}
	result["ok"] = true
	return jsonReply(http.StatusOK, result).with("X-Oauth-Scopes", strings.Join(s.scopes(), ","))
}

// slackError answers 200 with ok:false; only the rate limit has a status of its own.
func slackError(refused *refusal) reply {
	body := map[string]any{"ok": false, "error": refused.code}
	if refused.needed != "" {
		body["needed"], body["provided"] = refused.needed, refused.provided
	}
	if len(refused.each) > 0 {
		body["errors"] = refused.each
	}
	if len(refused.messages) > 0 {
		body["response_metadata"] = map[string]any{"messages": refused.messages}
	}
	if refused.retryAfter > 0 {
		seconds := max(1, int(math.Ceil(refused.retryAfter.Seconds())))
		return jsonReply(http.StatusTooManyRequests, body).with("Retry-After", strconv.Itoa(seconds))
	}
	return jsonReply(http.StatusOK, body)
}

// readSlackArgs brings form and JSON bodies to one shape: strings, and JSON
// text for what is structured.
func readSlackArgs(c call) (slackArgs, *refusal) {
	args := slackArgs{}
	if !strings.HasPrefix(c.Header.Get("Content-Type"), "application/json") {
		for name, values := range c.values() {
			args[name] = values[len(values)-1]
		}
		return args, nil
	}
	var body map[string]json.RawMessage
	if len(c.body) > 0 && json.Unmarshal(c.body, &body) != nil {
		return nil, refuse("invalid_json")
	}
	args = argsOf(body)
	delete(args, "token") // a token inside a JSON body does not count
	return args, nil
}

// argsOf keeps what is a string, and leaves the rest as the JSON that it is.
func argsOf(body map[string]json.RawMessage) slackArgs {
	args := slackArgs{}
	for name, raw := range body {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		if text != "null" {
			args[name] = text
		}
	}
	return args
}

// authorize takes the bot's token from a header or from the form; what opens a
// connection takes the app's token, from the header alone.
func (s *slack) authorize(c call, args slackArgs, scope string) *refusal {
	token, ok := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	wanted, other := s.cfg.SlackToken, s.cfg.SlackAppToken
	if scope == connectionsWrite {
		wanted, other = other, wanted
	} else if !ok {
		token = args["token"]
	}
	switch {
	case token == "":
		return refuse("not_authed")
	case token == other:
		return refuse("not_allowed_token_type")
	case token != wanted:
		return refuse("invalid_auth")
	case scope != connectionsWrite:
		return s.allow(scope)
	}
	return nil
}

// allow refuses what the bot's token has no scope for; "" needs none.
func (s *slack) allow(scope string) *refusal {
	if scope == "" || slices.Contains(s.scopes(), scope) {
		return nil
	}
	return &refusal{code: "missing_scope", needed: scope, provided: strings.Join(s.scopes(), ",")}
}

func (s *slack) scopes() []string {
	if s.cfg.SlackScopes != nil {
		return s.cfg.SlackScopes
	}
	return []string{
		"chat:write", "commands", "channels:history", "channels:manage", "channels:read", "groups:history", "im:history",
		"im:write", "users:read", "users:read.email", "usergroups:read",
	}
}

func isUserID(id string) bool {
	return looksLikeID(id, "UW")
}

// looksLikeID accepts a first letter out of kinds, then capitals and digits.
func looksLikeID(id, kinds string) bool {
	if len(id) < 2 || !strings.ContainsRune(kinds, rune(id[0])) {
		return false
	}
	return strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// timestamp makes an ID that no other message of the workspace has and that
// is greater than all before.
func (s *slack) timestamp(now time.Time) string {
	s.lastTS = max(now.UnixMicro(), s.lastTS+1)
	return formatTS(s.lastTS)
}

func formatTS(micros int64) string {
	return fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6)
}

// secret returns the next hard-to-mistake ID for triggers, views and response URLs.
func (s *slack) secret(prefix string) string {
	s.secrets++
	return fmt.Sprintf("%s%d", prefix, 1000000+s.secrets*7919)
}

func (s *slack) authTest(slackArgs, time.Time) (map[string]any, *refusal) {
	return map[string]any{
		"url": s.cfg.PublicURL + "/slack/", "team": "Simulator", "user": "lastgood", "team_id": slackTeam,
		"user_id": slackBotUser, "bot_id": slackBot, "is_enterprise_install": false,
	}, nil
}
