package jenkins

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/release"
)

// queueItem finds the number of a queue item in the address of it.
var queueItem = regexp.MustCompile(`/queue/item/(\d+)/?$`)

// Trigger orders one build and gives the number of its queue item. An order that
// still waits is folded into itself by Jenkins (ParametersAction.shouldSchedule),
// one that has left the queue is not: look with Find before a second attempt. A
// job's quiet period is for changes that come in bursts, so it is not waited for.
//
// BuildJob of gojenkins is not used: it does nothing and reports no error while any
// build of the job is queued.
func (c *Client) Trigger(ctx context.Context, o release.Order) (release.Run, error) {
	attempted := fmt.Sprintf("order %s from %s", o.Release, o.Job)
	form := url.Values{}
	for name, value := range o.All() {
		form.Set(name, value)
	}
	got, err := c.post(ctx, c.orders, attempted, pathOf(o.Job)+"/buildWithParameters?delay=0sec", form)
	if err != nil {
		return release.Run{}, explain(err, o.Job)
	}
	item, found := itemIn(got.location)
	switch {
	case got.status == http.StatusCreated && found, got.status == http.StatusSeeOther && found:
		return release.Run{Queue: item}, nil
	case got.status < http.StatusMultipleChoices:
		// It was accepted; the order's key will find it.
		return release.Run{}, &rest.Error{
			Vendor: vendor, Attempted: attempted, Status: got.status, Maybe: true,
			Err: errors.New("the answer names no queue item"),
		}
	default:
		// A plugin decides on what is queued (hudson.model.Queue.QueueDecisionHandler);
		// Jenkins then sends the browser somewhere else.
		return release.Run{}, &rest.Error{
			Vendor: vendor, Attempted: attempted, Status: got.status, Code: "vetoed", Final: true,
			Err: fmt.Errorf("job %s was not queued: a plugin of Jenkins vetoed the order, or a proxy before it asks for a login (%s)", o.Job, got.led()),
		}
	}
}

// itemIn takes the queue item from a Location, whose host is the one that Jenkins
// believes in and is not used.
func itemIn(location string) (int64, bool) {
	address, err := url.Parse(location)
	if err != nil {
		return 0, false
	}
	match := queueItem.FindStringSubmatch(address.Path)
	if match == nil {
		return 0, false
	}
	number, err := strconv.ParseInt(match[1], 10, 64)
	return number, err == nil && number > 0
}

// explain says what to do about an order that Jenkins refuses. Its pages are HTML
// for people and have no reason that a program could take out.
func explain(err error, job string) error {
	refused, ok := errors.AsType[*rest.Error](err)
	if !ok || refused.Code == noCrumb || refused.Code == crumbFailed {
		return err
	}
	switch refused.Status {
	case http.StatusBadRequest:
		refused.Code = "not-parameterised"
		refused.Err = fmt.Errorf("job %s takes no parameters: declare them, and let a Pipeline run once so that Jenkins has read them", job)
	case http.StatusUnauthorized:
		refused.Err = errors.New("the user and the token are not known to Jenkins")
	case http.StatusForbidden:
		refused.Err = fmt.Errorf("the user may not build job %s: grant Job/Build", job)
	case http.StatusNotFound:
		refused.Err = fmt.Errorf("job %s does not exist, or the user may not see it: grant Job/Read", job)
	case http.StatusConflict:
		// A 409 elsewhere is worth another try. A disabled job stays disabled.
		refused.Code, refused.Final = "not-buildable", true
		refused.Err = fmt.Errorf("job %s is disabled: enable it in Jenkins", job)
	}
	return refused
}
