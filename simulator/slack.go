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
}

// conversation is a channel, or the direct messages with one user.
type conversation struct {
	id         string
	user       string // of a direct message
	state      string // "", archived, not_joined or missing
	messages   []*message
	ephemerals []*message
	posts      bucket
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
	retryAfter time.Duration
}

func refuse(code string, messages ...string) *refusal {
	return &refusal{code: code, messages: messages}
}

func slackMethods() map[string]slackMethod {
	return map[string]slackMethod{
		"auth.test":             {"", (*slack).authTest},
		"chat.postMessage":      {"chat:write", (*slack).postMessage},
		"chat.postEphemeral":    {"chat:write", (*slack).postEphemeral},
		"chat.update":           {"chat:write", (*slack).updateMessage},
		"conversations.history": {"channels:history", (*slack).history},
		"conversations.replies": {"channels:history", (*slack).replies},
		"conversations.open":    {"im:write", (*slack).openConversation},
		"users.info":            {"users:read", (*slack).userInfo},
		"usergroups.users.list": {"usergroups:read", (*slack).groupUsers},
		"views.open":            {"", (*slack).openView},
	}
}

func newSlack(cfg Config, ledger *ledger) *slack {
	s := &slack{
		cfg: cfg, ledger: ledger,
		conversations: map[string]*conversation{},
		triggers:      map[string]*trigger{},
		responses:     map[string]*responseURL{},
		views:         map[string]*view{},
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
		body["needed"], body["provided"] = refused.needed, "identify"
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
	if json.Unmarshal(c.body, &body) != nil {
		return nil, refuse("invalid_json")
	}
	for name, raw := range body {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		if text != "null" {
			args[name] = text
		}
	}
	delete(args, "token") // a token inside a JSON body does not count
	return args, nil
}

func (s *slack) authorize(c call, args slackArgs, scope string) *refusal {
	token, ok := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	if !ok {
		token = args["token"]
	}
	switch {
	case token == "":
		return refuse("not_authed")
	case token != s.cfg.SlackToken:
		return refuse("invalid_auth")
	case scope != "" && !slices.Contains(s.scopes(), scope):
		return &refusal{code: "missing_scope", needed: scope}
	}
	return nil
}

func (s *slack) scopes() []string {
	if s.cfg.SlackScopes != nil {
		return s.cfg.SlackScopes
	}
	return []string{"chat:write", "channels:history", "im:write", "users:read", "usergroups:read"}
}

// channel finds the conversation that an ID names; with users allowed, a user
// ID means the direct messages with that user, opened if need be.
func (s *slack) channel(id string, users bool) (*conversation, *refusal) {
	if users && isUserID(id) {
		return s.directMessages(id)
	}
	found := s.conversations[id]
	if found == nil && !s.cfg.StrictChannels && looksLikeID(id, "CG") {
		found = &conversation{id: id}
		s.conversations[id] = found
	}
	switch {
	case found == nil || found.state == "missing":
		return nil, refuse("channel_not_found")
	case found.state == "archived":
		return nil, refuse("is_archived")
	case found.state == "not_joined":
		return nil, refuse("not_in_channel")
	}
	return found, nil
}

func (s *slack) directMessages(user string) (*conversation, *refusal) {
	if !s.userExists(user) {
		return nil, refuse("channel_not_found")
	}
	id := "D" + strings.TrimPrefix(user, "U")
	found := s.conversations[id]
	if found == nil {
		found = &conversation{id: id, user: user}
		s.conversations[id] = found
	}
	if found.state == "missing" {
		return nil, refuse("channel_not_found")
	}
	return found, nil
}

func (s *slack) userExists(id string) bool {
	if s.cfg.SlackUsers != nil {
		return slices.Contains(s.cfg.SlackUsers, id)
	}
	return isUserID(id)
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

func (s *slack) userInfo(args slackArgs, _ time.Time) (map[string]any, *refusal) {
	if !s.userExists(args["user"]) {
		return nil, refuse("user_not_found")
	}
	name := userName(args["user"])
	return map[string]any{"user": map[string]any{
		"id": args["user"], "team_id": slackTeam, "name": name, "real_name": name, "deleted": false, "is_bot": false,
		"tz": "Etc/UTC", "tz_offset": 0,
		"profile": map[string]any{"real_name": name, "display_name": name, "email": name + "@example.com"},
	}}, nil
}

// userName makes a readable name of an ID: U0SRE1 is sre1.
func userName(id string) string {
	return strings.ToLower(strings.TrimLeft(id[1:], "0"))
}

func (s *slack) groupUsers(args slackArgs, _ time.Time) (map[string]any, *refusal) {
	users, ok := s.cfg.SlackGroups[args["usergroup"]]
	if !ok {
		return nil, refuse("no_such_subteam")
	}
	return map[string]any{"users": users}, nil
}

func (s *slack) openConversation(args slackArgs, _ time.Time) (map[string]any, *refusal) {
	user, more, _ := strings.Cut(args["users"], ",")
	switch {
	case user == "":
		return nil, refuse("users_list_not_supplied")
	case more != "":
		return nil, refuse("method_not_supported_for_channel_type")
	case !s.userExists(user):
		return nil, refuse("user_not_found")
	}
	where, refused := s.directMessages(user)
	if refused != nil {
		return nil, refused
	}
	return map[string]any{"channel": map[string]any{"id": where.id, "is_im": true, "user": user}}, nil
}
