package activities

import (
	"errors"
	"net/http"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/seed-44180607/lastgood/integrations/rest"
)

// Types of the failures that workflows tell apart.
const (
	// Refused: the vendor will refuse the same call again.
	Refused = "Refused"
	// Off: the vendor is not configured.
	Off = "Off"
	// Unsure: whether an earlier attempt was carried out cannot be found out.
	Unsure = "Unsure"
	// Unsent: no attempt reached the vendor. Nothing was done.
	Unsent = "Unsent"
	// Limited: the vendor takes no more for now. Nothing was sent.
	Limited = "Limited"
	// Unavailable: worth another attempt.
	Unavailable = "Unavailable"
)

// fail decides what is worth another attempt: everything but what the vendor
// refuses for good. A vendor that names a time is left alone for that long.
func fail(err error) error {
	if err == nil {
		return nil
	}
	var e *rest.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Refused() {
		return temporal.NewNonRetryableApplicationError(e.Error(), Refused, err)
	}
	options := temporal.ApplicationErrorOptions{Cause: err, NextRetryDelay: e.RetryAfter}
	if limited(err) {
		options.Category = temporal.ApplicationErrorCategoryBenign
	}
	return temporal.NewApplicationErrorWithOptions(e.Error(), Unavailable, options)
}

// pagesFirst is how much longer than the vendor says what can wait waits at the end
// of a limit: the pages that it held up go first.
const pagesFirst = 3 * time.Second

// later is fail for what gives way to pages.
func later(err error) error {
	var e *rest.Error
	if !limited(err) || !errors.As(err, &e) {
		return fail(err)
	}
	after := *e
	after.RetryAfter += pagesFirst
	return fail(&after)
}

// limited says whether the vendor takes no more for now.
func limited(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && e.Status == http.StatusTooManyRequests
}

// off is the failure of a vendor that is not configured.
func off(vendor string) error {
	return temporal.NewNonRetryableApplicationError(vendor+" is not configured", Off, nil)
}

// failedAs says whether an activity's own failure is of a type.
func failedAs(err error, kind string) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == kind
}

// unsent says whether a call was never sent, as nobody could be reached.
func unsent(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && e.Status == 0 && !e.Maybe
}

// maybeDone says whether a failed call may have been carried out all the same.
func maybeDone(err error) bool {
	var e *rest.Error
	return errors.As(err, &e) && e.Maybe
}
