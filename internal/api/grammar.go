package api

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
)

// What can be asked in a chat, and how each is written.
const (
	askHelp   = "help"
	askOnCall = "oncall"
	askList   = "override list"
	askMake   = "override"
	askRemove = "override remove"
	askSwap   = "swap"
	// askDeclare is answered by a form.
	askDeclare = "declare"
)

// slash is what every command begins with.
const slash = "/lastgood"

// forms is how each is written.
var forms = map[string]string{
	askOnCall: slash + " oncall [SCHEDULE]",
	askList:   slash + " override list",
	askMake:   slash + " override SCHEDULE PERSON for 2h, or " + slash + " override SCHEDULE PERSON from 2026-12-24T09:00 to 2026-12-24T17:00",
	askRemove: slash + " override remove ID",
	askSwap:   slash + " swap SCHEDULE 2026-12-24T09:00 with 2026-12-31T09:00",

	askMaintain: slash + " maintenance SERVICE for 2h REASON, or " + slash + " maintenance SERVICE from 2026-12-24T09:00:00Z to 2026-12-24T17:00:00Z REASON",
	askWindows:  slash + " maintenance list",
	askEnd:      slash + " maintenance end ID",
	askDeclare:  slash + " declare [SERVICE] [WHAT IS WRONG]",
}

// asked is a command that was understood.
type asked struct {
	what string
	// schedule is that of oncall, of which none means all, and of swap.
	schedule string
	wish     oncall.Wish // Of an override; nobody has made it yet.
	window   oncall.MaintenanceWish
	id       string // Of what is to be removed, or ended.
	one      string // The moments of the shifts that are swapped.
	other    string
}

const (
	// maxWords and maxWord are the most that is looked at of a command.
	maxWords = 20
	maxWord  = 200
)

// declares says whether somebody wants to declare an incident: in the middle of one, whatever else they have typed.
func declares(words []string) bool {
	return len(words) > 0 && strings.EqualFold(words[0], askDeclare)
}

// understand reads the words of a command. The error says what is wrong, and how it is written.
func understand(words []string) (asked, error) {
	for _, w := range words {
		if len(words) > maxWords || len(w) > maxWord {
			return asked{}, fmt.Errorf("that is more than is read; try %s %s", slash, askHelp)
		}
	}
	if len(words) == 0 {
		return asked{what: askHelp}, nil
	}
	rest := words[1:]
	switch strings.ToLower(words[0]) {
	case "help":
		return asked{what: askHelp}, nil
	case "oncall":
		return understandOnCall(rest)
	case "override":
		return understandOverride(rest)
	case "swap":
		return understandSwap(rest)
	case "maintenance":
		return understandMaintenance(rest)
	default:
		return asked{}, fmt.Errorf("%q is no command; try %s %s", words[0], slash, askHelp)
	}
}

// wrong is an error about a command that is known.
func wrong(what, format string, args ...any) error {
	return fmt.Errorf("%s; it is written %s", fmt.Sprintf(format, args...), forms[what])
}

func understandOnCall(words []string) (asked, error) {
	switch len(words) {
	case 0:
		return asked{what: askOnCall}, nil
	case 1:
		return asked{what: askOnCall, schedule: words[0]}, nil
	default:
		return asked{}, wrong(askOnCall, "%q is one word too many", words[1])
	}
}

func understandOverride(words []string) (asked, error) {
	switch {
	case len(words) == 1 && strings.EqualFold(words[0], "list"):
		return asked{what: askList}, nil
	case len(words) <= 2 && len(words) > 0 && strings.EqualFold(words[0], "remove"):
		if len(words) == 1 {
			return asked{}, wrong(askRemove, "say which one")
		}
		return asked{what: askRemove, id: words[1]}, nil
	case len(words) < 2:
		return asked{}, wrong(askMake, "say in which schedule, and who")
	}
	s, rest, err := spanOf(askMake, words[2:])
	switch {
	case err != nil:
		return asked{}, err
	case len(rest) > 0:
		return asked{}, wrong(askMake, "%q is not expected there", rest[0])
	}
	return asked{what: askMake, wish: oncall.Wish{Schedule: words[0], Person: words[1], From: s.from, To: s.to, For: s.length}}, nil
}

// span is from when, and until when or for how long.
type span struct {
	from, to string
	length   time.Duration
}

// spanOf reads "from T", "to T" and "for 2h", each at most once, up to the first other word; what follows is the rest.
func spanOf(what string, words []string) (s span, rest []string, err error) {
	for ; len(words) > 0 && slices.Contains([]string{"from", "to", "for"}, strings.ToLower(words[0])); words = words[2:] {
		name := strings.ToLower(words[0])
		if len(words) == 1 {
			return span{}, nil, wrong(what, "%q says nothing by itself", words[0])
		}
		value := words[1]
		switch {
		case name == "from" && s.from == "":
			s.from = value
		case name == "to" && s.to == "":
			s.to = value
		case name == "for" && s.length == 0:
			if s.length, err = oncall.Duration(value); err != nil || s.length <= 0 {
				return span{}, nil, wrong(what, "%q is no time like 90m, 2h or 3d", value)
			}
		default:
			return span{}, nil, wrong(what, "%q is not expected there", words[0])
		}
	}
	if (s.to == "") == (s.length == 0) && len(words) == 0 {
		return span{}, nil, wrong(what, "say either until when it lasts or for how long")
	}
	return s, words, nil
}

func understandSwap(words []string) (asked, error) {
	if len(words) != 4 || !strings.EqualFold(words[2], "with") {
		return asked{}, wrong(askSwap, "say in which schedule, and a moment of each of the two shifts")
	}
	return asked{what: askSwap, schedule: words[0], one: words[1], other: words[3]}, nil
}
