package simulator

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"time"
)

// submission is a user filling in a modal and sending it off.
type submission struct {
	View   string                       `json:"view"` // empty: the newest open one of the user
	User   string                       `json:"user"`
	Values map[string]map[string]string `json:"values"` // by block ID and action ID; an option by its value
}

// submit makes the payload of a modal that its user sends off.
func (s *slack) submit(sent submission, now time.Time) (*view, map[string]any, error) {
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
			given, ok := sent.Values[id][action]
			switch {
			case ok:
				values[id] = map[string]any{action: answer(element, given)}
			case block["type"] == "input":
				values[id] = map[string]any{action: untouched(element)}
			}
		}
	}
	for id, given := range sent.Values {
		state, _ := values[id].(map[string]any)
		if !slices.ContainsFunc(slices.Collect(maps.Keys(given)), func(action string) bool { return state[action] != nil }) {
			return nil, nil, notFound("view %s has no such input in block %q", v.id, id)
		}
	}
	fields := maps.Clone(v.fields)
	fields["state"] = map[string]any{"values": values}
	payload := s.interaction("view_submission", sent.User, now)
	payload["view"], payload["response_urls"] = fields, []any{}
	return v, payload, nil
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
	for _, raw := range optionsOf(element) {
		if option, ok := raw.(map[string]any); ok && option["value"] == given {
			return map[string]any{"type": element["type"], "selected_option": option}
		}
	}
	if given == "" {
		return map[string]any{"type": element["type"], "value": nil}
	}
	return map[string]any{"type": element["type"], "value": given}
}

// untouched is the state of an input that its user left as it was.
func untouched(element map[string]any) map[string]any {
	if element["type"] == "plain_text_input" {
		return map[string]any{"type": element["type"], "value": element["initial_value"]}
	}
	return map[string]any{"type": element["type"], "selected_option": element["initial_option"]}
}

// optionsOf are the options of a menu, those in groups too.
func optionsOf(element map[string]any) []any {
	options, _ := element["options"].([]any)
	groups, _ := element["option_groups"].([]any)
	for _, raw := range groups {
		group, _ := raw.(map[string]any)
		more, _ := group["options"].([]any)
		options = append(options, more...)
	}
	return options
}

// viewAnswer is what an app may say to a submission.
type viewAnswer struct {
	Action string            `json:"response_action"` // errors, update, push, clear or nothing
	Errors map[string]string `json:"errors"`          // by block ID
	View   json.RawMessage   `json:"view"`
}

// answered does to the modal what the app's answer says. Nothing closes it;
// an answer that Slack cannot use leaves it open, and the user is told so.
func (s *slack) answered(v *view, got *delivery, now time.Time) {
	if got.Status != http.StatusOK {
		return
	}
	var answer viewAnswer
	if got.Body != "" && json.Unmarshal([]byte(got.Body), &answer) != nil {
		got.Error = "the answer is not JSON"
		return
	}
	switch answer.Action {
	case "":
		v.open = false
	case "clear":
		for _, other := range s.views {
			other.open = other.open && other.user != v.user
		}
	case "errors":
		got.Error = v.misplaced(answer.Errors)
	case "update", "push":
		fields, refused := readView(string(answer.View))
		if refused != nil {
			got.Error = "the view in the answer: " + refused.code
			return
		}
		shown := v
		if answer.Action == "push" {
			shown = &view{id: s.secret("V0"), user: v.user, open: true, root: or(v.root, v.id), previous: v.id}
			s.views[shown.id] = shown
		}
		s.show(shown, fields, now)
	default:
		got.Error = "unknown response_action " + answer.Action
	}
}

// misplaced says which errors name no input block: Slack can show none of them.
func (v *view) misplaced(errors map[string]string) string {
	blocks, _ := v.fields["blocks"].([]map[string]any)
	for id := range errors {
		if !slices.ContainsFunc(blocks, func(block map[string]any) bool { return block["type"] == "input" && block["block_id"] == id }) {
			return "no input block " + id
		}
	}
	return ""
}
