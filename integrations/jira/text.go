package jira

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

const (
	// maxSummary and maxText are Jira's limits: a summary of more characters, or
	// with a line break in it, is refused, and so is a longer description or comment.
	maxSummary = 255
	maxText    = 32767

	cutNote = "\n\n(The rest does not fit into Jira. Temporal has the whole history.)"
)

// oneLine makes a summary of a text that may come from an alert.
func oneLine(s string) string {
	return cut(strings.Join(strings.Fields(printable(s)), " "), maxSummary, "…")
}

// longText makes a description or a comment of a text.
func longText(s string) string {
	return cut(printable(s), maxText, cutNote)
}

// printable takes out what cannot be stored, control characters and broken UTF-8, and what would deceive: characters
// that turn the direction of writing, and line breaks of other kinds than ours.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		default:
			return r
		}
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// cut shortens a text to the limit and says so with the note. Jira is written in
// Java, so a character is one unit of UTF-16, and an emoji is two.
func cut(s string, limit int, note string) string {
	if length(s) <= limit {
		return s
	}
	room := limit - length(note)
	for at, r := range s {
		if room -= utf16.RuneLen(r); room < 0 {
			return s[:at] + note
		}
	}
	return s
}

func length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}
