package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/internal/spelling"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// What can be asked about maintenance.
const (
	askMaintain = "maintenance"
	askWindows  = "maintenance list"
	askEnd      = "maintenance end"
)

func understandMaintenance(words []string) (asked, error) {
	switch {
	case len(words) == 1 && strings.EqualFold(words[0], "list"):
		return asked{what: askWindows}, nil
	case len(words) <= 2 && len(words) > 0 && strings.EqualFold(words[0], "end"):
		if len(words) == 1 {
			return asked{}, wrong(askEnd, "say which one")
		}
		return asked{what: askEnd, id: words[1]}, nil
	case len(words) == 0:
		return asked{}, wrong(askMaintain, "say of which service")
	}
	s, rest, err := spanOf(askMaintain, words[1:])
	if err != nil {
		return asked{}, err
	}
	window := oncall.MaintenanceWish{Service: words[0], From: s.from, To: s.to, For: s.length, Reason: strings.Join(rest, " ")}
	return asked{what: askMaintain, window: window}, nil
}

// maintain stores a maintenance.
func (a *API) maintain(ctx context.Context, w oncall.MaintenanceWish, id string) ([]string, error) {
	if w.Service != oncall.Everywhere && !slices.Contains(a.Services, w.Service) {
		return nil, refusal{fmt.Errorf("there is no service %s%s", w.Service, spelling.DidYouMean(w.Service, a.Services))}
	}
	m, err := w.Maintenance(time.Now())
	if err != nil {
		return nil, refusal{err}
	}
	m.ID = id
	if err := a.Roster.Maintain(ctx, m); err != nil {
		return nil, forPerson(err)
	}
	return []string{
		tellMaintenance(m),
		fmt.Sprintf("Stored; in force as soon as a worker has taken it. End it with: %s maintenance end %s", slash, id),
	}, nil
}

func (a *API) endMaintenance(ctx context.Context, r signals.Removal) ([]string, error) {
	if err := a.Roster.EndMaintenance(ctx, r); err != nil {
		return nil, forPerson(err)
	}
	return []string{fmt.Sprintf("Maintenance %s ends as soon as a worker has taken that; what still fires is paged within a minute.", r.ID)}, nil
}

func tellWindows(roster oncall.Roster, now time.Time) (lines []string) {
	for _, m := range oncall.MaintenanceEndingAfter(now, roster.Maintenance) {
		name := m.ID
		if name == "" {
			name = "lastgood.yaml"
		}
		lines = append(lines, name+": "+tellMaintenance(m))
	}
	if len(lines) == 0 {
		lines = []string{"No maintenance is in force or to come."}
	}
	return lines
}

// tellMaintenance is a maintenance in words.
func tellMaintenance(m oncall.Maintenance) string {
	service := m.Service
	if service == oncall.Everywhere {
		service = "any service"
	}
	text := fmt.Sprintf("Nobody is paged for %s from %s to %s", service, m.From, m.To)
	if from, to, err := m.Span(); err == nil {
		text = fmt.Sprintf("Nobody is paged for %s from %s to %s", service, from.Format(oncall.Clock), to.Format(oncall.Clock))
	}
	if m.By != "" {
		text += ", entered by " + m.By
	}
	if m.Reason != "" {
		text += ": " + m.Reason
	}
	return text
}
