package simulator

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Version 3 of Jira's API is version 2 with texts as documents, in the
// Atlassian Document Format, and with its own number in every link. So it is
// served as version 2, between two translations. A document loses its marks:
// what is kept is its text.

// longTexts are the fields that hold a document in version 3.
var longTexts = []string{"description", "environment"}

const (
	notADocument  = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
	badCommentADF = "Comment body is not valid!"
)

func (j *jira) serveVersion3(c call) reply {
	body, refused, ok := plainBody(c)
	if !ok {
		return refused
	}
	c.body = body
	return withDocuments(j.serveVersion2(c))
}

// plainBody replaces the documents of a request by their text, or refuses what
// should have been one.
func plainBody(c call) (body []byte, refused reply, ok bool) {
	var sent object
	comments := len(c.segments) > 5 && c.segments[5] == "comment"
	if json.Unmarshal(c.body, &sent) != nil {
		return c.body, reply{}, true // whoever reads it will complain
	}
	if text, given := sent["body"]; comments && given {
		if sent["body"], ok = textOf(text); !ok {
			return nil, jiraErrors(http.StatusBadRequest, map[string]string{"comment": badCommentADF}), false
		}
	}
	fields, _ := sent["fields"].(object)
	for _, name := range longTexts {
		if fields[name] == nil {
			continue
		}
		if fields[name], ok = textOf(fields[name]); !ok {
			return nil, jiraErrors(http.StatusBadRequest, map[string]string{name: notADocument}), false
		}
	}
	return encode(sent), reply{}, true
}

// textOf returns the text of a document: blocks are parted by an empty line.
func textOf(value any) (text string, ok bool) {
	document, _ := value.(object)
	content, isList := document["content"].([]any)
	if document["type"] != "doc" || document["version"] != float64(1) || !isList {
		return "", false
	}
	var blocks []string
	for _, block := range content {
		var out strings.Builder
		writeText(&out, block)
		blocks = append(blocks, out.String())
	}
	return strings.Join(blocks, "\n\n"), true
}

func writeText(out *strings.Builder, node any) {
	fields, _ := node.(object)
	switch fields["type"] {
	case "hardBreak":
		out.WriteString("\n")
	case "listItem":
		out.WriteString("* ")
	case "text":
		text, _ := fields["text"].(string)
		out.WriteString(text)
	}
	inner, _ := fields["content"].([]any)
	for _, child := range inner {
		writeText(out, child)
	}
	if fields["type"] == "listItem" {
		out.WriteString("\n")
	}
}

// documentOf is the other way round: a paragraph for each block, a break for
// each line.
func documentOf(text string) object {
	content := []any{}
	for block := range strings.SplitSeq(text, "\n\n") {
		line := []any{}
		for part := range strings.SplitSeq(block, "\n") {
			if len(line) > 0 {
				line = append(line, object{"type": "hardBreak"})
			}
			if part != "" { // a text node is never empty
				line = append(line, object{"type": "text", "text": part})
			}
		}
		content = append(content, object{"type": "paragraph", "content": line})
	}
	return object{"type": "doc", "version": 1, "content": content}
}

// withDocuments translates an answer: an issue, a list of issues, a comment or
// a list of comments.
func withDocuments(answer reply) reply {
	var shown any
	if json.Unmarshal(answer.body, &shown) != nil {
		return answer
	}
	if one, ok := shown.(object); ok {
		document(one)
	}
	answer.body = []byte(strings.ReplaceAll(string(encode(shown)), "/jira/rest/api/2/", "/jira/rest/api/3/"))
	return answer
}

func document(shown object) {
	for _, name := range []string{"issues", "comments"} {
		list, _ := shown[name].([]any)
		for _, each := range list {
			if one, ok := each.(object); ok {
				document(one)
			}
		}
	}
	if text, ok := shown["body"].(string); ok {
		shown["body"] = documentOf(text)
	}
	fields, ok := shown["fields"].(object)
	if !ok {
		return
	}
	for _, name := range longTexts {
		if text, ok := fields[name].(string); ok {
			fields[name] = documentOf(text)
		}
	}
	if comment, ok := fields["comment"].(object); ok {
		document(comment)
	}
}
