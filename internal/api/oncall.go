package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/seed-44180607/lastgood/internal/spelling"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// oncallSource is the source whose tokens open the on-call answers.
const oncallSource = "oncall"

// Roster is who there is now, and takes what people change of it.
type Roster interface {
	// Known is the roster as it is now, or as it was when it could last be read. The error says that nothing of what
	// was entered at run time is known.
	Known(ctx context.Context) (oncall.Roster, error)
	// The others return nil only after the change is stored.
	Override(ctx context.Context, o oncall.Override) error
	Swap(ctx context.Context, s signals.Swapping) error
	Remove(ctx context.Context, r signals.Removal) error
	Maintain(ctx context.Context, m oncall.Maintenance) error
	EndMaintenance(ctx context.Context, r signals.Removal) error
}

// shift answers who is on call. A moment that is left out does not exist, or lies more than a year away.
type shift struct {
	Schedule string     `json:"schedule"`
	Person   string     `json:"person"`
	Since    time.Time  `json:"since,omitzero"`
	Until    time.Time  `json:"until,omitzero"`
	Next     *following `json:"next,omitempty"`
}

type following struct {
	Person string    `json:"person"`
	From   time.Time `json:"from"`
}

// tellOnCall says who is on call in a schedule. It needs no worker: the roster is read off a memo.
func (a *API) tellOnCall(w http.ResponseWriter, r *http.Request) {
	if !allowed(r.Header, a.Tokens[oncallSource]) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="lastgood"`)
		refuse(w, http.StatusUnauthorized, "no token of the source "+oncallSource+" is shown")
		return
	}
	roster, err := a.Roster.Known(r.Context())
	s, unknown := roster.Schedule(r.PathValue("schedule"))
	if unknown != nil {
		refuse(w, http.StatusNotFound, said(unknown))
		return
	}
	at, unreadable := momentOf(r, s)
	if unreadable != nil {
		refuse(w, http.StatusBadRequest, "at: "+unreadable.Error())
		return
	}
	if err != nil {
		a.Log.WarnContext(r.Context(), "who is on call could not be told", "schedule", s.ID, "reason", err.Error())
		refuse(w, http.StatusServiceUnavailable, "Temporal does not answer, and overrides entered at run time are not known")
		return
	}
	answer(w, http.StatusOK, "application/json", a.shiftAt(r.Context(), roster, s.ID, at))
}

// momentOf is the moment that is asked about. A plus that nobody escaped has become a space.
func momentOf(r *http.Request, s oncall.Schedule) (time.Time, error) {
	text := r.URL.Query().Get("at")
	if text == "" {
		return time.Now(), nil
	}
	return s.Moment(strings.ReplaceAll(text, " ", "+"))
}

// shiftAt is the answer. What cannot be read of the schedule is logged; the rest of it answers.
func (a *API) shiftAt(ctx context.Context, roster oncall.Roster, schedule string, at time.Time) shift {
	current, err := roster.Shift(schedule, at)
	if err != nil {
		a.Log.WarnContext(ctx, "a part of the schedule cannot be read", "schedule", schedule, "reason", err.Error())
	}
	out := shift{Schedule: schedule, Person: current.Person, Since: current.Since, Until: current.Until}
	if next, known := follows(roster, schedule, at); known {
		out.Next = &following{Person: next.Person, From: next.Since}
	}
	return out
}

// follows is who comes next in a schedule; false when there is no next, or when it may be somebody who cannot be read.
func follows(roster oncall.Roster, schedule string, at time.Time) (next oncall.Shift, known bool) {
	next, err := roster.ShiftAfter(schedule, at)
	return next, !next.Since.IsZero() && (next.Person != "" || err == nil)
}

// said is an error for those who asked: an unknown name with the one that was probably meant.
func said(err error) string {
	if unknown, ok := errors.AsType[oncall.Unknown](err); ok {
		return err.Error() + spelling.DidYouMean(unknown.ID, unknown.Known)
	}
	return err.Error()
}
