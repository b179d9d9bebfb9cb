package rest

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Error is a call that a vendor answered, or did not answer, with a failure.
type Error struct {
	// Vendor is the one called: slack, jenkins, jira...
	Vendor string
	// Attempted says what the call was to do, on what: "post to C0CHECKOUT".
	Attempted string
	// Status is the HTTP status, or the one that the vendor's own code stands
	// for; 0 when no answer came.
	Status int
	// Code is the vendor's own word for it: channel_not_found.
	Code string
	// RetryAfter is how long the vendor wants to be left alone; 0 when it did not say.
	RetryAfter time.Duration
	// Maybe is true when the call may have been carried out all the same: the
	// answer was lost, or was a 5xx.
	Maybe bool
	// Final is true when the same call will be refused again, although its status alone
	// does not say so: a job that is disabled, by 409.
	Final bool
	// Err is the cause, without secrets.
	Err error
}

// Error says what was attempted and why it failed.
func (e *Error) Error() string {
	text := e.Vendor + ": " + e.Attempted
	if e.Status != 0 {
		text += fmt.Sprintf(": %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Code != "" {
		text += " (" + e.Code + ")"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Refused says whether the vendor will refuse the same call again: a 4xx that is
// neither a timeout nor a limit, or what is final.
func (e *Error) Refused() bool {
	return e.Final || e.Status >= 400 && e.Status < 500 &&
		e.Status != http.StatusRequestTimeout && e.Status != http.StatusTooEarly &&
		e.Status != http.StatusTooManyRequests && e.Status != http.StatusConflict
}

// Is404 says whether err is a vendor's "not found".
func Is404(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}
