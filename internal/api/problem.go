package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
)

// problem is a refusal as RFC 9457 has it.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Unrouted are the alerts that match no service.
	Unrouted []unrouted `json:"unrouted,omitempty"`
}

func refuse(w http.ResponseWriter, status int, detail string) {
	refuseWith(w, problem{Status: status, Detail: detail})
}

func refuseWith(w http.ResponseWriter, p problem) {
	p.Title = http.StatusText(p.Status)
	if p.Status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "5")
	}
	if own, worded := w.(wordedWriter); worded {
		answer(w, p.Status, "application/json", own.words(p.Status, p.Detail))
		return
	}
	answer(w, p.Status, "application/problem+json", p)
}

func answer(w http.ResponseWriter, status int, mediaType string, body any) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	// The one who asked has gone when this fails; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}

var (
	errTooLarge = fmt.Errorf("the body is larger than %d bytes", MaxBody)
	errSlow     = errors.New("the body did not come in time; send it again")
)

// read gives the whole body, or errTooLarge, as http.MaxBytesReader finds it, or errSlow.
func read(from io.Reader) ([]byte, error) {
	body, err := io.ReadAll(from)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, errTooLarge
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, errSlow
	}
	if err != nil {
		return nil, fmt.Errorf("read the body: %w", err)
	}
	return body, nil
}
