package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	// sceneEvery is how often the page hears of what moves by itself: builds,
	// error ratios, what is due.
	sceneEvery = time.Second
	// sceneRest is the shortest time between two snapshots: a burst of effects is
	// one of them.
	sceneRest = 50 * time.Millisecond
	// sceneWithin is how long a client may take to accept one snapshot.
	sceneWithin = 10 * time.Second
)

// serveEvents sends the whole scene as server-sent events: at once, when an effect
// happens, and once a second. Each event stands for itself, so that a client that
// falls behind or comes back misses nothing. It ends with the client, or when the
// simulator stops.
func (s *Simulator) serveEvents(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	stream := http.NewResponseController(w)
	for {
		shown, grown := s.scene()
		if stream.SetWriteDeadline(time.Now().Add(sceneWithin)) != nil {
			http.Error(w, "this server cannot stream", http.StatusNotImplemented)
			return
		}
		if _, err := fmt.Fprintf(w, "retry: 500\ndata: %s\n\n", shown); err != nil {
			return
		}
		if stream.Flush() != nil || !s.restOf(r, grown) {
			return
		}
	}
}

// restOf waits until the next scene is due and says whether there is to be one.
func (s *Simulator) restOf(r *http.Request, grown <-chan struct{}) bool {
	due := time.NewTimer(sceneEvery)
	defer due.Stop()
	select {
	case <-grown:
		return s.pauseUnlessStopped(r, sceneRest)
	case <-due.C:
		return true
	case <-r.Context().Done():
		return false
	case <-s.stopped:
		return false
	}
}

func (s *Simulator) pauseUnlessStopped(r *http.Request, wait time.Duration) bool {
	select {
	case <-s.stopped:
		return false
	default:
		return pause(r.Context(), wait)
	}
}

// serveScene answers with one snapshot.
func (s *Simulator) serveScene(w http.ResponseWriter, _ *http.Request) {
	shown, _ := s.scene()
	answerControl(w, shown, nil)
}

// scene is everything that the page shows, and the channel that is closed when
// the next effect happens.
func (s *Simulator) scene() (shown json.RawMessage, grown <-chan struct{}) {
	s.do(func(st *state, now time.Time) {
		grown = s.ledger.grown
		// Encoded under the lock: what it refers to goes on changing.
		shown = encode(object{
			"now": now.UTC(), "effects": len(s.ledger.entries),
			"slack": st.slack.scene(), "jenkins": st.jenkins.scene(now), "jira": st.jira.scene(),
			"phones": st.twilio.scene(), "mails": st.mail.scene(), "contacts": s.cfg.Contacts,
			"shop": st.shop.scene(st.monitor), "faults": st.faults.lasting(now),
			"ledger": s.ledger.last(sceneLedger),
		})
	})
	return shown, grown
}
