package ical

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-44180607/lastgood/oncall"
)

// fit is a way in which a summary can name somebody, the better one first.
type fit int

const (
	unfit fit = iota
	atAnEnd
	asAPart
	asAWhole
)

// named finds the person whom a summary names. Two people that fit equally well are nobody: a guess would page the
// wrong one every other time.
func named(summary string, people []oncall.Person) (person, doubt string) {
	text := folded(summary)
	parts := separated(text)
	var best fit
	var longest int
	var found []string
	for _, p := range people {
		for _, key := range []string{folded(p.ID), folded(p.Name), folded(p.Email)} {
			f := fits(text, parts, key)
			if f == unfit || f < best || f == best && len(key) < longest {
				continue
			}
			if f > best || len(key) > longest {
				best, longest, found = f, len(key), nil
			}
			if !slices.Contains(found, p.ID) {
				found = append(found, p.ID)
			}
		}
	}
	switch len(found) {
	case 0:
		return "", "names none of the people"
	case 1:
		return found[0], ""
	default:
		return "", fmt.Sprintf("may mean %s: nobody is taken", strings.Join(found, " or "))
	}
}

// folded is a text in lower case, with single spaces.
func folded(text string) string {
	return strings.Join(strings.Fields(strings.ToLower(text)), " ")
}

// separated are the parts of a summary, as in "On call: First responder (primary)" or "Primary - sre-1".
func separated(text string) []string {
	for _, dash := range []string{" - ", " – ", " — "} {
		text = strings.ReplaceAll(text, dash, "|")
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("|:;,/()[]<>", r) })
	for i, part := range parts {
		parts[i] = strings.TrimSpace(part)
	}
	return parts
}

func fits(text string, parts []string, key string) fit {
	switch {
	case key == "":
		return unfit
	case text == key:
		return asAWhole
	case slices.Contains(parts, key):
		return asAPart
	}
	if rest, ok := strings.CutPrefix(text, key); ok && !joins(firstRune(rest)) {
		return atAnEnd
	}
	if rest, ok := strings.CutSuffix(text, key); ok && !joins(lastRune(rest)) {
		return atAnEnd
	}
	return unfit
}

// joins reports whether a sign makes one word of what stands before and after it, as in sre-1 or a mail address.
func joins(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("-_.@+'’", r)
}

func firstRune(text string) rune {
	for _, r := range text {
		return r
	}
	return ' '
}

func lastRune(text string) rune {
	last := ' '
	for _, r := range text {
		last = r
	}
	return last
}
