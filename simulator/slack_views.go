package simulator

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// triggerWithin is how long a trigger ID lives; it works once.
const triggerWithin = 3 * time.Second

type trigger struct {
	user string
	made time.Time
	used bool
}

// view is a modal that a user sees.
type view struct {
	id       string
	user     string
	hash     string
	root     string // of a pushed modal, the one at the bottom
	previous string // and the one right below
	fields   map[string]any
	open     bool
}

func (s *slack) newTrigger(user string, now time.Time) string {
	id := s.secret("") + "." + s.secret("")
	s.triggers[id] = &trigger{user: user, made: now}
	return id
}

func (s *slack) openView(args slackArgs, now time.Time) (map[string]any, *refusal) {
	used := s.triggers[args["trigger_id"]]
	switch {
	case used == nil:
		return nil, refuse("invalid_trigger_id")
	case used.used:
		return nil, refuse("exchanged_trigger_id")
	case now.Sub(used.made) > triggerWithin:
		return nil, refuse("expired_trigger_id")
	}
	fields, refused := readView(args["view"])
	if refused == nil && s.viewNamed(fields["external_id"]) != nil {
		refused = refuse("duplicate_external_id")
	}
	if refused != nil {
		return nil, refused
	}
	used.used = true
	opened := &view{id: s.secret("V0"), user: used.user, open: true}
	s.views[opened.id] = opened
	s.show(opened, fields, now)
	return map[string]any{"view": opened.fields}, nil
}

// updateView replaces what a modal shows. With a hash, only as long as nobody
// has replaced it since.
func (s *slack) updateView(args slackArgs, now time.Time) (map[string]any, *refusal) {
	updated := s.views[args["view_id"]]
	if args["view_id"] == "" && args["external_id"] != "" {
		updated = s.viewNamed(args["external_id"])
	}
	switch {
	case updated == nil || !updated.open:
		return nil, refuse("not_found")
	case args["hash"] != "" && args["hash"] != updated.hash:
		return nil, refuse("hash_conflict")
	}
	fields, refused := readView(args["view"])
	if refused != nil {
		return nil, refused
	}
	s.show(updated, fields, now)
	return map[string]any{"view": updated.fields}, nil
}

// viewNamed finds an open modal by the ID that the app gave it.
func (s *slack) viewNamed(externalID any) *view {
	for _, v := range s.views {
		if v.open && externalID != nil && externalID != "" && v.fields["external_id"] == externalID {
			return v
		}
	}
	return nil
}

// show fills a modal, with all the fields that Slack adds.
func (s *slack) show(v *view, fields map[string]any, now time.Time) {
	v.hash = s.timestamp(now)
	shown := map[string]any{
		"callback_id": "", "private_metadata": "", "external_id": "", "close": nil, "submit": nil,
		"clear_on_close": false, "notify_on_close": false,
	}
	maps.Copy(shown, fields)
	maps.Copy(shown, map[string]any{
		"id": v.id, "hash": v.hash, "team_id": slackTeam, "app_installed_team_id": slackTeam, "app_id": slackApp, "bot_id": slackBot,
		"root_view_id": or(v.root, v.id), "previous_view_id": nil, "state": map[string]any{"values": map[string]any{}},
	})
	if v.previous != "" {
		shown["previous_view_id"] = v.previous
	}
	v.fields = shown
	s.ledger.record(now, "slack", "view", map[string]any{"user": v.user, "view": v.fields})
}

// readView checks a modal against Slack's limits.
func readView(raw string) (map[string]any, *refusal) {
	var fields map[string]any
	if len(raw) > 250_000 {
		return nil, refuse("view_too_large")
	}
	if json.Unmarshal([]byte(raw), &fields) != nil || fields["type"] != "modal" {
		return nil, refuse("invalid_arguments", "[ERROR] view must be a modal")
	}
	private, _ := fields["private_metadata"].(string)
	if utf8.RuneCountInString(private) > 3000 {
		return nil, refuse("invalid_arguments", "[ERROR] must be less than 3001 characters [json-pointer:/view/private_metadata]")
	}
	check := &blockCheck{}
	check.text("/view/title", fields["title"], 24, true)
	for _, name := range []string{"submit", "close"} {
		if fields[name] != nil {
			check.text("/view/"+name, fields[name], 24, true)
		}
	}
	if len(check.faults) > 0 {
		return nil, refuse("invalid_arguments", check.faults...)
	}
	encoded, err := json.Marshal(fields["blocks"])
	if err != nil {
		return nil, refuse("invalid_blocks_format")
	}
	blocks, refused := readBlocks(string(encoded), 100)
	if refused != nil {
		return nil, refused
	}
	if fields["submit"] == nil && slices.ContainsFunc(blocks, func(b map[string]any) bool { return b["type"] == "input" }) {
		return nil, refuse("invalid_arguments", "[ERROR] must define `submit` to use an `input` block in modals [json-pointer:/view]")
	}
	fields["blocks"] = blocks
	return fields, nil
}
