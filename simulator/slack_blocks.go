package simulator

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"
)

// longestBlocks is where Slack starts to answer msg_blocks_too_long, in
// characters of JSON. It is not documented; see bolt-js issue 2509.
const longestBlocks = 13200

// blockCheck collects what is wrong with a list of blocks.
type blockCheck struct {
	modal  bool
	ids    map[string]bool
	faults []string
}

// readBlocks decodes and checks blocks, and names the blocks and actions that
// have no ID, as Slack does.
func readBlocks(raw string, most int) ([]map[string]any, *refusal) {
	if raw == "" {
		return nil, nil
	}
	var blocks []map[string]any
	if json.Unmarshal([]byte(raw), &blocks) != nil || blocks == nil {
		return nil, refuse("invalid_blocks_format")
	}
	if most == 50 && utf8.RuneCountInString(raw) > longestBlocks {
		return nil, refuse("msg_blocks_too_long")
	}
	check := &blockCheck{modal: most > 50, ids: map[string]bool{}}
	if len(blocks) > most {
		check.fail("/blocks", "no more than %d items allowed", most)
	}
	for i, block := range blocks {
		check.block(fmt.Sprintf("/blocks/%d", i), block)
		nameBlock(block, i)
	}
	if len(check.faults) > 0 {
		return nil, refuse("invalid_blocks", check.faults...)
	}
	return blocks, nil
}

func (c *blockCheck) fail(pointer, format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf("[ERROR] "+format, args...)+" [json-pointer:"+pointer+"]")
}

func (c *blockCheck) block(at string, block map[string]any) {
	if id := c.short(at+"/block_id", block["block_id"], 255); id != "" {
		if c.ids[id] {
			c.fail(at+"/block_id", "duplicate block_id %q", id)
		}
		c.ids[id] = true
	}
	switch kind, _ := block["type"].(string); kind {
	case "section":
		c.section(at, block)
	case "header":
		c.text(at+"/text", block["text"], 150, true)
	case "context":
		c.context(at, block)
	case "actions":
		c.actions(at, block)
	case "divider", "image", "rich_text", "markdown", "video", "file", "table", "context_actions":
	case "input":
		c.text(at+"/label", block["label"], 2000, true)
		element, _ := block["element"].(map[string]any)
		c.element(at+"/element", element)
	case "alert":
		if !c.modal {
			c.fail(at+"/type", "unsupported type: alert")
		}
	default:
		c.fail(at+"/type", "unsupported type: %s", kind)
	}
}

func (c *blockCheck) section(at string, block map[string]any) {
	fields, _ := block["fields"].([]any)
	if block["text"] == nil && len(fields) == 0 {
		c.fail(at, "missing required field: text or fields")
	}
	if block["text"] != nil {
		c.text(at+"/text", block["text"], 3000, false)
	}
	if len(fields) > 10 {
		c.fail(at+"/fields", "no more than 10 items allowed")
	}
	for i, field := range fields {
		c.text(fmt.Sprintf("%s/fields/%d", at, i), field, 2000, false)
	}
	if accessory, ok := block["accessory"].(map[string]any); ok {
		c.element(at+"/accessory", accessory)
	}
}

func (c *blockCheck) context(at string, block map[string]any) {
	elements, _ := block["elements"].([]any)
	if len(elements) == 0 || len(elements) > 10 {
		c.fail(at+"/elements", "must have 1 to 10 items")
	}
	for i, element := range elements {
		if fields, _ := element.(map[string]any); fields["type"] != "image" {
			c.text(fmt.Sprintf("%s/elements/%d", at, i), element, 3000, false)
		}
	}
}

func (c *blockCheck) actions(at string, block map[string]any) {
	elements, _ := block["elements"].([]any)
	if len(elements) == 0 || len(elements) > 25 {
		c.fail(at+"/elements", "must have 1 to 25 items")
	}
	seen := map[string]bool{}
	for i, raw := range elements {
		element, _ := raw.(map[string]any)
		where := fmt.Sprintf("%s/elements/%d", at, i)
		c.element(where, element)
		if id, _ := element["action_id"].(string); id != "" {
			if seen[id] {
				c.fail(where+"/action_id", "duplicate action_id %q", id)
			}
			seen[id] = true
		}
	}
}

func (c *blockCheck) element(at string, element map[string]any) {
	kind, _ := element["type"].(string)
	if kind == "" {
		c.fail(at+"/type", "missing required field: type")
	}
	c.short(at+"/action_id", element["action_id"], 255)
	switch kind {
	case "static_select":
		c.menu(at, element)
	case "plain_text_input":
		c.short(at+"/initial_value", element["initial_value"], 3000)
		if most, ok := element["max_length"].(float64); ok && (most < 1 || most > 3000) {
			c.fail(at+"/max_length", "must be 1 to 3000")
		}
	case "button":
		c.button(at, element)
	}
}

// menu checks a menu's options, in groups or not.
func (c *blockCheck) menu(at string, element map[string]any) {
	groups, _ := element["option_groups"].([]any)
	if len(groups) > 100 || (len(groups) > 0) == (element["options"] != nil) {
		c.fail(at, "must have options or 1 to 100 option_groups")
	}
	known := map[any]bool{}
	if len(groups) == 0 {
		c.options(at+"/options", element["options"], known)
	}
	for i, raw := range groups {
		group, _ := raw.(map[string]any)
		where := fmt.Sprintf("%s/option_groups/%d", at, i)
		c.text(where+"/label", group["label"], 75, true)
		c.options(where+"/options", group["options"], known)
	}
	if chosen, ok := element["initial_option"].(map[string]any); ok && !known[chosen["value"]] {
		c.fail(at+"/initial_option", "must be one of the options")
	}
	if element["placeholder"] != nil {
		c.text(at+"/placeholder", element["placeholder"], 150, true)
	}
}

func (c *blockCheck) options(at string, value any, known map[any]bool) {
	list, _ := value.([]any)
	if len(list) == 0 || len(list) > 100 {
		c.fail(at, "must have 1 to 100 items")
	}
	for i, raw := range list {
		option, _ := raw.(map[string]any)
		where := fmt.Sprintf("%s/%d", at, i)
		c.text(where+"/text", option["text"], 75, false)
		if c.short(where+"/value", option["value"], 150) == "" {
			c.fail(where+"/value", "must be more than 0 characters")
		}
		known[option["value"]] = true
	}
}

func (c *blockCheck) button(at string, element map[string]any) {
	c.text(at+"/text", element["text"], 75, true)
	c.short(at+"/value", element["value"], 2000)
	c.short(at+"/url", element["url"], 3000)
	if style := element["style"]; style != nil && !slices.Contains([]any{"primary", "danger"}, style) {
		c.fail(at+"/style", "must be primary or danger")
	}
	if confirm, ok := element["confirm"].(map[string]any); ok {
		c.text(at+"/confirm/title", confirm["title"], 100, true)
		c.text(at+"/confirm/text", confirm["text"], 300, false)
		c.text(at+"/confirm/confirm", confirm["confirm"], 30, true)
		c.text(at+"/confirm/deny", confirm["deny"], 30, true)
	}
}

// text checks a text object of 1 to most characters.
func (c *blockCheck) text(at string, value any, most int, plain bool) {
	object, ok := value.(map[string]any)
	if !ok {
		c.fail(at, "missing required field: text")
		return
	}
	kind := object["type"]
	if kind != "plain_text" && (plain || kind != "mrkdwn") {
		c.fail(at+"/type", "unsupported type: %v", kind)
	}
	if c.short(at+"/text", object["text"], most) == "" {
		c.fail(at+"/text", "must be more than 0 characters")
	}
	if kind == "plain_text" && object["emoji"] == nil {
		object["emoji"] = true
	}
}

// short checks an optional string of at most so many characters and returns it.
func (c *blockCheck) short(at string, value any, most int) string {
	text, ok := value.(string)
	if value != nil && !ok {
		c.fail(at, "must be a string")
	}
	if utf8.RuneCountInString(text) > most {
		c.fail(at, "must be less than %d characters", most+1)
	}
	return text
}

func nameBlock(block map[string]any, index int) {
	if id, _ := block["block_id"].(string); id == "" {
		block["block_id"] = fmt.Sprintf("sim%02d", index)
	}
	for i, element := range elementsOf(block) {
		if id, _ := element["action_id"].(string); id == "" && element["type"] != nil {
			element["action_id"] = fmt.Sprintf("sim%02d%02d", index, i)
		}
	}
}

// elementsOf returns what in a block a user can act on.
func elementsOf(block map[string]any) []map[string]any {
	var found []map[string]any
	if block["type"] == "actions" {
		elements, _ := block["elements"].([]any)
		for _, raw := range elements {
			if element, ok := raw.(map[string]any); ok {
				found = append(found, element)
			}
		}
	}
	for _, name := range []string{"accessory", "element"} {
		if element, ok := block[name].(map[string]any); ok {
			found = append(found, element)
		}
	}
	return found
}

// actionIDs lists what can be clicked in a message, in order.
func actionIDs(blocks []map[string]any) []string {
	found := []string{}
	for _, block := range blocks {
		for _, element := range elementsOf(block) {
			if id, _ := element["action_id"].(string); element["type"] == "button" {
				found = append(found, id)
			}
		}
	}
	return found
}
