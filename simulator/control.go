package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// controlError is a refusal of the control API, with its HTTP status.
type controlError struct {
	status int
	reason string
}

func (e controlError) Error() string { return e.reason }

func badRequest(format string, args ...any) error {
	return controlError{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return controlError{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

func conflict(format string, args ...any) error {
	return controlError{http.StatusConflict, fmt.Sprintf(format, args...)}
}

// control is what tests and the page use to move the simulated world.
func (s *Simulator) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /control/ledger", s.serveLedger)
	mux.HandleFunc("GET /control/messages", s.serveMessages)
	mux.HandleFunc("GET /control/scene", s.serveScene)
	mux.HandleFunc("GET /control/events", s.serveEvents)
	mux.HandleFunc("GET /control/faults", s.serveFaults)
	mux.HandleFunc("DELETE /control/faults", s.clearFaults)
	mux.HandleFunc("POST /control/faults", s.addFault)
	mux.HandleFunc("POST /control/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /control/click", order(s.click))
	mux.HandleFunc("POST /control/submit", order(s.submit))
	mux.HandleFunc("POST /control/say", order(s.say))
	mux.HandleFunc("POST /control/slash", order(s.slash))
	mux.HandleFunc("POST /control/shortcut", order(s.shortcut))
	mux.HandleFunc("POST /control/slack/channel", order(s.setChannel))
	mux.HandleFunc("POST /control/slack/disconnect", order(s.disconnect))
	mux.HandleFunc("POST /control/sms", order(s.replyBySMS))
	mux.HandleFunc("POST /control/twilio/script", order(s.scriptTexts))
	mux.HandleFunc("POST /control/deploy", order(s.deploy))
	mux.HandleFunc("POST /control/jenkins/script", order(s.scriptBuild))
	mux.HandleFunc("POST /control/jenkins/finish", order(s.finishBuild))
	mux.HandleFunc("POST /control/jenkins/restart", order(s.restartJenkins))
	return mux
}

// order reads a JSON body strictly, carries it out and answers with the result.
func order[T any](carryOut func(r *http.Request, asked T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var asked T
		result, err := any(nil), readStrict(w, r, &asked)
		if err == nil {
			result, err = carryOut(r, asked)
		}
		answerControl(w, result, err)
	}
}

func readStrict(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return badRequest("read the body: %v", err)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return badRequest("read the body: %v", err)
	}
	return nil
}

func answerControl(w http.ResponseWriter, result any, err error) {
	var refused controlError
	switch {
	case errors.As(err, &refused):
		jsonReply(refused.status, map[string]any{"error": refused.reason}).write(w)
	case err != nil:
		jsonReply(http.StatusInternalServerError, map[string]any{"error": err.Error()}).write(w)
	case result == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		jsonReply(http.StatusOK, result).write(w)
	}
}

// serveLedger lists the effects after ?since=N, of ?vendor= and ?effect= if
// given, and waits up to ?wait=10s for the first.
func (s *Simulator) serveLedger(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	wait, err := time.ParseDuration(or(query.Get("wait"), "0s"))
	if err != nil {
		answerControl(w, nil, badRequest("wait: %v", err))
		return
	}
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	for {
		var found []entry
		var grown chan struct{}
		s.do(func(*state, time.Time) {
			found = s.ledger.since(intOr(query.Get("since"), 0), query.Get("vendor"), query.Get("effect"))
			grown = s.ledger.grown
		})
		if len(found) > 0 || wait <= 0 {
			answerControl(w, found, nil)
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-timeout.C:
			wait = 0
		case <-grown:
		}
	}
}

func (s *Simulator) serveFaults(w http.ResponseWriter, _ *http.Request) {
	var set []fault
	s.do(func(st *state, now time.Time) { set = st.faults.lasting(now) })
	answerControl(w, set, nil)
}

// clearFaults takes all faults back, or those of one ?name=.
func (s *Simulator) clearFaults(w http.ResponseWriter, r *http.Request) {
	name := r.URL.Query().Get("name")
	s.do(func(st *state, _ time.Time) {
		st.faults.clear(name)
		s.ledger.wake()
	})
	w.WriteHeader(http.StatusNoContent)
}

func (s *Simulator) addFault(w http.ResponseWriter, r *http.Request) {
	asked := struct {
		fault
		Clear bool `json:"clear"`
	}{}
	err := readStrict(w, r, &asked)
	if err == nil && asked.Clear {
		s.clearFaults(w, r)
		return
	}
	var set fault
	if err == nil {
		s.do(func(st *state, now time.Time) {
			var refused error
			if set, refused = st.faults.add(asked.fault, now); refused != nil {
				err = badRequest("%v", refused)
			}
			s.ledger.wake()
		})
	}
	if err == nil && set.For > 0 {
		answerControl(w, set, nil) // Whoever asked wants to know when it ends.
		return
	}
	answerControl(w, nil, err)
}

// serveMessages lists one ?channel=, or all of them by ID.
func (s *Simulator) serveMessages(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("channel")
	var answer reply
	s.do(func(st *state, _ time.Time) {
		if id != "" {
			answer = jsonReply(http.StatusOK, st.slack.transcript(id))
			return
		}
		all := map[string]any{}
		for id, where := range st.slack.conversations {
			all[id] = where.transcript()
		}
		answer = jsonReply(http.StatusOK, map[string]any{"channels": all})
	})
	answer.write(w)
}

func (s *Simulator) click(r *http.Request, asked click) (any, error) {
	var payload map[string]any
	var err error
	s.do(func(st *state, now time.Time) { payload, err = st.slack.press(asked, now) })
	if err != nil {
		return nil, err
	}
	return s.interact(r.Context(), payload), nil
}

func (s *Simulator) submit(r *http.Request, asked submission) (any, error) {
	var sent *view
	var payload map[string]any
	var err error
	s.do(func(st *state, now time.Time) { sent, payload, err = st.slack.submit(asked, now) })
	if err != nil {
		return nil, err
	}
	got := s.interact(r.Context(), payload)
	s.do(func(st *state, now time.Time) { st.slack.answered(sent, &got, now) })
	return got, nil
}

func (s *Simulator) say(_ *http.Request, asked speech) (any, error) {
	var ts string
	var err error
	s.do(func(st *state, now time.Time) { ts, err = st.slack.say(asked, now) })
	return map[string]any{"ts": ts}, err
}

func (s *Simulator) setChannel(_ *http.Request, asked channelOrder) (any, error) {
	var err error
	s.do(func(st *state, _ time.Time) { err = st.slack.setChannel(asked) })
	return nil, err
}

func (s *Simulator) deploy(_ *http.Request, asked deployOrder) (any, error) {
	var queued map[string]any
	var err error
	s.do(func(st *state, now time.Time) { queued, err = st.jenkins.order(asked, now) })
	return queued, err
}

func (s *Simulator) scriptBuild(_ *http.Request, asked scriptOrder) (any, error) {
	var err error
	s.do(func(st *state, _ time.Time) { err = st.jenkins.plan(asked) })
	return nil, err
}

func (s *Simulator) finishBuild(_ *http.Request, asked finishOrder) (any, error) {
	var finished map[string]any
	var err error
	s.do(func(st *state, now time.Time) { finished, err = st.jenkins.finish(asked, now) })
	return finished, err
}

func (s *Simulator) restartJenkins(_ *http.Request, asked restartOrder) (any, error) {
	s.do(func(st *state, now time.Time) { st.jenkins.restart(asked, now) })
	return nil, nil
}

func (s *Simulator) scriptTexts(_ *http.Request, asked textOrder) (any, error) {
	var err error
	s.do(func(st *state, _ time.Time) { err = st.twilio.decide(asked) })
	return nil, err
}
