package simulator

import (
	"encoding/json"
	"maps"
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
	id     string
	user   string
	hash   string
	fields map[string]any
	open   bool
}

// submission is a user filling in a modal and sending it off.
type submission struct {
	View   string                       `json:"view"` // empty: the newest open one of the user
	User   string                       `json:"user"`
	Values map[string]map[string]string `json:"values"` // by block ID and action ID; an option by its value
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
	if refused != nil {
		return nil, refused
	}
	used.used = true
	opened := &view{id: s.secret("V0"), user: used.user, hash: s.timestamp(now), fields: fields, open: true}
	fields["id"], fields["hash"], fields["team_id"] = opened.id, opened.hash, slackTeam
	fields["app_id"], fields["bot_id"] = slackApp, slackBot
	fields["state"] = map[string]any{"values": map[string]any{}}
	s.views[opened.id] = opened
	s.ledger.record(now, "slack", "view", map[string]any{"user": opened.user, "view": opened.fields})
	return map[string]any{"view": opened.fields}, nil
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
	fields["blocks"] = blocks
	return fields, nil
}

// submit makes the payload of a modal that its user sends off.
func (s *slack) submit(sent submission) (*view, map[string]any, error) {
	v := s.openFor(sent)
	if v == nil {
		return nil, nil, notFound("%s has no open view %q", sent.User, sent.View)
	}
	values := map[string]any{}
	blocks, _ := v.fields["blocks"].([]map[string]any)
	for _, block := range blocks {
		id, _ := block["block_id"].(string)
		for _, element := range elementsOf(block) {
			action, _ := element["action_id"].(string)
			if given, ok := sent.Values[id][action]; ok {
				values[id] = map[string]any{action: answer(element, given)}
			}
		}
	}
	for id := range sent.Values {
		if values[id] == nil {
			return nil, nil, notFound("view %s has no such input in block %q", v.id, id)
		}
	}
	fields := maps.Clone(v.fields)
	fields["state"] = map[string]any{"values": values}
	return v, map[string]any{
		"type": "view_submission", "team": map[string]any{"id": slackTeam, "domain": "simulator"},
		"user": interactiveUser(sent.User), "api_app_id": slackApp, "token": "legacy", "trigger_id": "",
		"view": fields, "response_urls": []any{}, "enterprise": nil, "is_enterprise_install": false,
	}, nil
}

func (s *slack) openFor(sent submission) *view {
	var newest *view
	for _, v := range s.views {
		wanted := v.open && v.user == sent.User && (sent.View == "" || sent.View == v.id)
		if wanted && (newest == nil || v.hash > newest.hash) {
			newest = v
		}
	}
	return newest
}

// answer is the state of one input element.
func answer(element map[string]any, given string) map[string]any {
	options, _ := element["options"].([]any)
	for _, raw := range options {
		if option, ok := raw.(map[string]any); ok && option["value"] == given {
			return map[string]any{"type": element["type"], "selected_option": option}
		}
	}
	return map[string]any{"type": element["type"], "value": given}
}

// answered closes the modal unless the answer keeps it open.
func (v *view) answered(got delivery) {
	var body struct {
		Action string `json:"response_action"`
	}
	kept := json.Unmarshal([]byte(got.Body), &body) == nil && body.Action != "" && body.Action != "clear"
	if got.Status == 200 && !kept {
		v.open = false
	}
}
