package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// unknownHeartbeat is the result of a beat of nobody.
const unknownHeartbeat = "unknown_heartbeat"

// Heartbeats takes the beats of what is expected to beat.
type Heartbeats interface {
	// Beat returns nil only after the beat is stored, or one that is next to as late. Its error is
	// signals.ErrUnwatched when there is no heartbeat of the name.
	Beat(ctx context.Context, name string) error
}

// takeBeat stores a beat. Whatever the body says, its arrival is the beat.
func (a *API) takeBeat(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if !allowed(r.Header, a.Tokens[incident.HeartbeatSource]) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="lastgood"`)
		a.refuseBeat(w, r, unauthorized, http.StatusUnauthorized, "no token of the source "+incident.HeartbeatSource+" is shown", nil)
		return
	}
	if _, no := whole(w, r); no != nil {
		a.refuseBeat(w, r, no.result, no.status, no.why.Error(), no.why)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeWithin)
	defer cancel()
	switch err := a.Heartbeats.Beat(ctx, name); {
	case errors.Is(err, signals.ErrUnwatched):
		a.refuseBeat(w, r, unknownHeartbeat, http.StatusNotFound, "there is no heartbeat of this name: add it to heartbeats in lastgood.yaml, and start worker and starter again", err)
	case err != nil:
		a.refuseBeat(w, r, notStored, http.StatusServiceUnavailable, "the beat was not stored; it is safe to send it again", err)
	default:
		a.counters.beats.WithLabelValues(accepted).Inc()
		a.Log.DebugContext(r.Context(), "beat accepted", "heartbeat", name)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (a *API) refuseBeat(w http.ResponseWriter, r *http.Request, result string, status int, why string, cause error) {
	a.counters.beats.WithLabelValues(result).Inc()
	if cause == nil {
		cause = errors.New(why)
	}
	a.quiet.say("beat "+result, func(unlogged int) {
		a.Log.WarnContext(r.Context(), "beat refused", "heartbeat", cut(r.PathValue("name"), maxReason), "result", result, "status", status,
			"reason", cut(cause.Error(), maxLogged), "remote", r.RemoteAddr, "unlogged", unlogged)
	})
	refuse(w, status, why)
}

// alive is the answer about lastgood itself.
type alive struct {
	Checked time.Time `json:"checked"`
}

// tellAlive says whether all that a page needs has worked lately. It asks for no token: it says nothing else.
func (a *API) tellAlive(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	w.Header().Set("Cache-Control", "no-store")
	found, err := a.SelfCheck(ctx)
	switch {
	case err != nil:
		a.Log.WarnContext(r.Context(), "the self-check cannot be read", "reason", err.Error())
		refuse(w, http.StatusServiceUnavailable, "Temporal does not answer")
	case found.Good.IsZero():
		refuse(w, http.StatusServiceUnavailable, "no worker has found lastgood able to page yet")
	case !found.Alive(time.Now()):
		refuse(w, http.StatusServiceUnavailable, "the last time that lastgood was able to page was at "+found.Good.UTC().Format(time.RFC3339)+
			"; why stands in the worker's log")
	default:
		answer(w, http.StatusOK, "application/json", alive{found.Good.UTC()})
	}
}
