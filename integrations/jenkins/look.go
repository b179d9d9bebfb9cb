package jenkins

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/bndr/gojenkins"

	"github.com/seed-44180607/lastgood/integrations/rest"
	"github.com/seed-44180607/lastgood/release"
)

// Find looks for the order's key, first in the queue and then in the newest 50
// builds of the job: an order only ever moves in that direction, so one that moves
// in between is still seen. The newest one wins.
func (c *Client) Find(ctx context.Context, o release.Order) (release.Run, bool, error) {
	attempted := fmt.Sprintf("find order %s in %s", o.Key, o.Job)
	var queue struct {
		Items []item `json:"items"`
	}
	if err := c.read(ctx, attempted, "/queue", "items["+itemTree+"]", &queue); err != nil {
		return release.Run{}, false, err
	}
	var newest item
	for _, i := range queue.Items {
		if i.ID > newest.ID && i.of(o.Job) && i.parameters()[o.IncidentParameter] == o.Key {
			newest = i
		}
	}
	if newest.ID > 0 {
		return release.Run{Queue: newest.ID, Why: bounded(newest.Why)}, true, nil
	}
	return c.findBuild(ctx, attempted, o)
}

func (c *Client) findBuild(ctx context.Context, attempted string, o release.Order) (release.Run, bool, error) {
	var j job
	if err := c.read(ctx, attempted, pathOf(o.Job), "builds["+runTree+"]{0,50}", &j); err != nil {
		return release.Run{}, false, err
	}
	for _, b := range j.Builds {
		if run := c.runOf(o, b); run.Parameters[o.IncidentParameter] == o.Key {
			return run, true, nil
		}
	}
	return release.Run{}, false, nil
}

// Look says where the run stands now. A queue item is known to Jenkins for five
// minutes after it was built and not beyond a restart; from then on the order's key
// finds the build. The run is lost when nothing carries the key.
func (c *Client) Look(ctx context.Context, o release.Order, run release.Run) (release.Run, error) {
	if run.Build > 0 {
		return c.lookAtBuild(ctx, o, run)
	}
	return c.lookAtItem(ctx, o, run)
}

func (c *Client) lookAtItem(ctx context.Context, o release.Order, run release.Run) (release.Run, error) {
	attempted := fmt.Sprintf("look at queue item %d of %s", run.Queue, o.Job)
	var i item
	err := c.read(ctx, attempted, "/queue/item/"+strconv.FormatInt(run.Queue, 10), itemTree, &i)
	switch {
	case rest.Is404(err), err == nil && foreign(i.parameters(), o):
		return c.lookByKey(ctx, o, run)
	case err != nil:
		return run, err
	case i.Cancelled:
		return release.Run{Queue: run.Queue, Cancelled: true}, nil
	case i.Executable == nil || i.Executable.Number == 0:
		return release.Run{Queue: run.Queue, Why: bounded(i.Why)}, nil
	}
	return c.lookAtBuild(ctx, o, release.Run{Queue: run.Queue, Build: i.Executable.Number})
}

func (c *Client) lookByKey(ctx context.Context, o release.Order, run release.Run) (release.Run, error) {
	found, ok, err := c.Find(ctx, o)
	switch {
	case err != nil:
		return run, err
	case !ok:
		return release.Run{Queue: run.Queue, Lost: true}, nil
	}
	return found, nil
}

// lookAtBuild reads a build, or the one that carries the order's key when the
// number means another one now: a job that is made anew counts from 1.
//
// Build.Poll of gojenkins is not used: it takes a 401 for an answer, and
// Job.GetBuild cannot cope with a root URL other than the one it was given.
func (c *Client) lookAtBuild(ctx context.Context, o release.Order, run release.Run) (release.Run, error) {
	attempted := fmt.Sprintf("look at build %d of %s", run.Build, o.Job)
	b := gojenkins.BuildResponse{}
	err := c.read(ctx, attempted, buildPath(o.Job, run.Build), runTree, &b)
	if err != nil && !rest.Is404(err) {
		return run, err
	}
	b.Number = int64(run.Build)
	if now := c.runOf(o, b); err == nil && !foreign(now.Parameters, o) {
		return now, nil
	}
	found, ok, lookup := c.Find(ctx, o)
	switch {
	case lookup != nil:
		return run, lookup
	case ok:
		return found, nil
	case err != nil:
		return run, err
	}
	return run, &rest.Error{
		Vendor: vendor, Attempted: attempted, Status: http.StatusNotFound,
		Err: fmt.Errorf("the build is one of another order, and none carries %s", o.Key),
	}
}

// Stop cancels the queue item, or stops the build that has become of it. A run
// that has ended is left alone. Jenkins stops a build in its own time; Look tells
// when.
func (c *Client) Stop(ctx context.Context, o release.Order, run release.Run) error {
	now, err := c.Look(ctx, o, run)
	if err == nil && now.Build == 0 && !now.Ended() {
		now, err = c.cancel(ctx, o, now)
	}
	if err != nil || now.Build == 0 || now.Ended() {
		return err
	}
	// Build.Stop of gojenkins is not used: it reports success when it was refused.
	_, err = c.post(ctx, c.writes, fmt.Sprintf("stop build %d of %s", now.Build, o.Job), buildPath(o.Job, now.Build)+"/stop", nil)
	return err
}

// cancel takes the order out of the queue and says what became of it.
func (c *Client) cancel(ctx context.Context, o release.Order, run release.Run) (release.Run, error) {
	attempted := fmt.Sprintf("cancel queue item %d of %s", run.Queue, o.Job)
	query := url.Values{"id": {strconv.FormatInt(run.Queue, 10)}}
	_, err := c.post(ctx, c.writes, attempted, "/queue/cancelItem?"+query.Encode(), nil)
	if err != nil && !left(err) {
		return run, err
	}
	now, err := c.Look(ctx, o, run)
	if err == nil && now.Build == 0 && !now.Ended() {
		return now, &rest.Error{
			Vendor: vendor, Attempted: attempted, Status: http.StatusConflict,
			Err: fmt.Errorf("the order still waits, as queue item %d", now.Queue),
		}
	}
	return now, err
}

// left says whether an item could not be cancelled because it has left the queue.
func left(err error) bool {
	refused, ok := errors.AsType[*rest.Error](err)
	return ok && (refused.Status == http.StatusNotFound || refused.Status == http.StatusUnprocessableEntity)
}
