package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// carryOut does what a person asked, and gives the lines of the answer. A refusal is for that person; any other error
// means that nothing was stored.
func (a *API) carryOut(ctx context.Context, k asked, by, id string) (lines []string, err error) {
	if k.what == askHelp {
		return help(), nil
	}
	roster, err := a.Roster.Known(ctx)
	switch {
	case k.what == askOnCall && err != nil:
		lines, told := tellShifts(roster, k.schedule, time.Now())
		return append([]string{"Temporal does not answer: overrides entered at run time are missing from this."}, lines...), told
	case err != nil:
		return nil, err
	}
	switch k.what {
	case askOnCall:
		return tellShifts(roster, k.schedule, time.Now())
	case askList:
		return tellOverrides(roster, time.Now()), nil
	case askRemove:
		return a.remove(ctx, signals.Removal{ID: k.id, By: by})
	case askSwap:
		return a.swap(ctx, roster, k, by, id)
	case askWindows:
		return tellWindows(roster, time.Now()), nil
	case askMaintain:
		k.window.By = by
		return a.maintain(ctx, k.window, id)
	case askEnd:
		return a.endMaintenance(ctx, signals.Removal{ID: k.id, By: by})
	default:
		k.wish.By = by
		return a.override(ctx, roster, k.wish, id)
	}
}

func help() []string {
	return []string{
		"This is what I understand:",
		"• " + forms[askDeclare] + ": declare an incident; a form asks for the rest",
		"• " + forms[askOnCall] + ": who is on call, and who comes next",
		"• " + forms[askMake],
		"• " + forms[askList] + ": what is in force and what is to come",
		"• " + forms[askRemove],
		"• " + forms[askSwap] + ": the two on call then take each other's whole shift",
		"• " + forms[askMaintain] + ": its incidents are recorded, and paged at the end if they still fire",
		"• " + forms[askWindows] + ": what is in force and what is to come",
		"• " + forms[askEnd],
		"PERSON is an ID or a mention. Times are on the clock of the schedule's zone, or RFC 3339.",
	}
}

func (a *API) override(ctx context.Context, roster oncall.Roster, w oncall.Wish, id string) ([]string, error) {
	o, err := roster.Override(w, time.Now())
	if err != nil {
		return nil, refusal{errors.New(said(err))}
	}
	o.ID = id
	if err := a.Roster.Override(ctx, o); err != nil {
		return nil, forPerson(err)
	}
	return []string{line(roster, o), takeBack("it", id)}, nil
}

// takeBack ends the answer to a change.
func takeBack(what, id string) string {
	return fmt.Sprintf("Stored; in force as soon as a worker has taken it. Take %s back with: %s override remove %s", what, slash, id)
}

func (a *API) swap(ctx context.Context, roster oncall.Roster, k asked, by, id string) ([]string, error) {
	overrides, err := roster.Swap(k.schedule, k.one, k.other, by, time.Now())
	if err != nil {
		return nil, refusal{errors.New(said(err))}
	}
	for i := range overrides {
		overrides[i].ID = id
	}
	if err := a.Roster.Swap(ctx, signals.Swapping{ID: id, Overrides: overrides}); err != nil {
		return nil, forPerson(err)
	}
	return []string{
		line(roster, overrides[0]), line(roster, overrides[1]),
		takeBack("both", id),
	}, nil
}

func (a *API) remove(ctx context.Context, r signals.Removal) ([]string, error) {
	if err := a.Roster.Remove(ctx, r); err != nil {
		return nil, forPerson(err)
	}
	return []string{fmt.Sprintf("Override %s is removed as soon as a worker has taken that.", r.ID)}, nil
}

// forPerson tells what a person can do something about from what went wrong on the way.
func forPerson(err error) error {
	if signals.IsRefusal(err) {
		return refusal{err}
	}
	return err
}

// tellShifts says who is on call in one schedule, or in all of them.
func tellShifts(roster oncall.Roster, only string, at time.Time) (lines []string, err error) {
	if only != "" {
		if _, err := roster.Schedule(only); err != nil {
			return nil, refusal{errors.New(said(err))}
		}
	}
	for _, s := range roster.Schedules {
		if only == "" || only == s.ID {
			current, unread := roster.Shift(s.ID, at)
			text := tellShift(roster, s.ID, current)
			if next, known := follows(roster, s.ID, at); known {
				text += ", then " + roster.Named(next.Person)
			}
			lines = append(lines, text)
			if unread != nil { // The rest answers, and may not be the whole.
				lines = append(lines, "   Not certain: "+unread.Error())
			}
		}
	}
	if len(lines) == 0 {
		lines = []string{"There are no schedules in lastgood.yaml."}
	}
	return lines, nil
}

func tellShift(roster oncall.Roster, schedule string, current oncall.Shift) string {
	text := schedule + ": " + roster.Named(current.Person)
	if current.Until.IsZero() {
		return text
	}
	text += " until " + current.Until.Format(oncall.Clock)
	if p, err := roster.Person(current.Person); err == nil {
		if local, known := p.In(current.Until); known && local.Format(oncall.Clock) != current.Until.Format(oncall.Clock) {
			text += " (" + local.Format(oncall.Clock) + " there)"
		}
	}
	return text
}

func tellOverrides(roster oncall.Roster, now time.Time) (lines []string) {
	for _, o := range oncall.EndingAfter(now, roster.Overrides) {
		lines = append(lines, o.ID+": "+line(roster, o))
	}
	if len(lines) == 0 {
		lines = []string{"No override that was entered at run time is in force or to come."}
	}
	return lines
}

// line is an override in words, with who made it.
func line(roster oncall.Roster, o oncall.Override) string {
	text := roster.Tell(o)
	if o.By != "" {
		text += ", entered by " + roster.Named(o.By)
	}
	return text
}
