package ical_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhomAnEventMeans(t *testing.T) {
	tests := map[string]struct{ lines, person string }{
		"an ID":                         {"SUMMARY:sre-1", "sre-1"},
		"a name, in whatever case":      {"SUMMARY:  first  RESPONDER ", "sre-1"},
		"a mail address":                {"SUMMARY:SRE-2@example.com", "sre-2"},
		"an ID and more words":          {"SUMMARY:sre-1 on call", "sre-1"},
		"words and a name":              {"SUMMARY:On call: First responder", "sre-1"},
		"words and an ID at the end":    {"SUMMARY:primary is sre-2", "sre-2"},
		"a name between separators":     {"SUMMARY:On Call - Ann Lee - Checkout", "ann.lee"},
		"a name in brackets":            {"SUMMARY:Checkout primary (Second responder)", "sre-2"},
		"an escaped separator":          {`SUMMARY:Checkout\, sre-2`, "sre-2"},
		"the longest name":              {"SUMMARY:Ann Lee on call", "ann.lee"},
		"not the beginning of an ID":    {"SUMMARY:sre-10", "sre-10"},
		"not a part of a word":          {"SUMMARY:sre-1b on call", ""},
		"not a part of a name":          {"SUMMARY:Anna on call", ""},
		"nobody in the middle":          {"SUMMARY:ask sre-1 or somebody", ""},
		"the whole before an end":       {"SUMMARY:Ann", "sre-10"},
		"an attendee":                   {"SUMMARY:On call|ATTENDEE;CN=x:mailto:SRE-2@example.com", "sre-2"},
		"an attendee above the summary": {"SUMMARY:sre-1|ATTENDEE:MAILTO:sre-2@example.com", "sre-2"},
		"a stranger attends":            {"SUMMARY:sre-1|ATTENDEE:mailto:boss@example.com", "sre-1"},
		"an attendee who declined":      {"SUMMARY:sre-1|ATTENDEE;PARTSTAT=DECLINED:mailto:sre-2@example.com", "sre-1"},
		"a room":                        {"SUMMARY:sre-1|ATTENDEE;CUTYPE=ROOM:mailto:sre-2@example.com", "sre-1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			lines := append(strings.Split(test.lines, "|"), "DTSTART:20260302T090000Z", "DTEND:20260302T210000Z")
			shifts, notes := read(t, calendar(vevent(lines...)))
			if test.person == "" {
				require.Empty(t, shifts)
				require.Len(t, notes, 1)
				return
			}
			require.Equal(t, []string{test.person + " 2026-03-02T09:00:00Z 2026-03-02T21:00:00Z"}, shifts)
			require.Empty(t, notes)
		})
	}
}

func TestOfTwoWhoAreInvitedTheFirstIsTakenAndOfTwoWhoAreMeantNobody(t *testing.T) {
	const times = "DTSTART:20260302T090000Z|DTEND:20260302T210000Z|"
	shifts, notes := read(t, calendar(vevent(strings.Split(times+"ATTENDEE:mailto:sre-2@example.com|ATTENDEE:mailto:sre-1@example.com", "|")...)))
	require.Equal(t, []string{"sre-2 2026-03-02T09:00:00Z 2026-03-02T21:00:00Z"}, shifts)
	require.Equal(t, []string{`"sre-1" of 2026-03-02 09:00: invites sre-2 and sre-1: sre-2 is taken`}, notes)

	shifts, notes = read(t, calendar(vevent(strings.Split(times+"SUMMARY:sre-1 / sre-2", "|")...)))
	require.Empty(t, shifts)
	require.Equal(t, []string{`"sre-1 / sre-2" of 2026-03-02 09:00: may mean sre-1 or sre-2: nobody is taken`}, notes)
}
