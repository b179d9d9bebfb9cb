package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-44180607/lastgood/internal/local"
)

// posting is a client with as many connections as a few Alertmanagers would open.
var posting = &http.Client{
	Timeout:   time.Minute, // Waiting for a connection counts.
	Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64},
}

// fire posts one alert of its own group, again and again while the starter asks
// for it, and gives the moment of the first try.
func (f *field) fire(ctx context.Context, group string, i int) (began time.Time, again int, err error) {
	body := webhook(group, service(i))
	for began = time.Now(); ; again++ {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, f.stage.Starter()+"/v1/alerts/alertmanager", bytes.NewReader(body))
		if err != nil {
			return began, again, fmt.Errorf("make an alert: %w", err)
		}
		request.Header.Set("Authorization", "Bearer simulator-alert-token")
		response, err := posting.Do(request)
		if err != nil {
			return began, again, fmt.Errorf("post an alert: %w", err)
		}
		answer, err := io.ReadAll(response.Body)
		if err := errors.Join(err, response.Body.Close()); err != nil {
			return began, again, fmt.Errorf("read the answer to an alert: %w", err)
		}
		switch response.StatusCode {
		case http.StatusAccepted:
			return began, again, nil
		case http.StatusServiceUnavailable:
			wait, _ := strconv.Atoi(response.Header.Get("Retry-After"))
			select {
			case <-time.After(time.Duration(max(wait, 1)) * time.Second):
			case <-ctx.Done():
				return began, again, ctx.Err()
			}
		default:
			return began, again, fmt.Errorf("post an alert: %s: %s", response.Status, answer)
		}
	}
}

func webhook(group, service string) []byte {
	labels := map[string]string{"alertname": "HighErrorRatio", "service": service, "group": group, "severity": "critical"}
	body, err := json.Marshal(map[string]any{
		"version": "4", "status": "firing", "receiver": "lastgood", "groupKey": "{}:{group=\"" + group + "\"}",
		"groupLabels": labels, "commonLabels": labels, "commonAnnotations": map[string]string{}, "externalURL": "http://alertmanager.example.com",
		"alerts": []map[string]any{{
			"status": "firing", "labels": labels, "annotations": map[string]string{"summary": "Too many errors in " + group},
			"startsAt": time.Now().UTC(), "endsAt": time.Time{}, "fingerprint": fmt.Sprintf("%016x", len(group)),
			"generatorURL": "http://prometheus.example.com/graph",
		}},
	})
	if err != nil {
		panic(err) // Maps of strings and times are always JSON.
	}
	return body
}

// stillFor is how long nothing must have happened before the next alert comes.
const stillFor = 300 * time.Millisecond

// oneByOne measures from the post to the delivered page. The next alert comes when
// everything that the one before set off has come to rest.
func (f *field) oneByOne(ctx context.Context, n int) ([]time.Duration, error) {
	var took []time.Duration
	for i := range n + warmUp {
		began, _, err := f.fire(ctx, fmt.Sprintf("alone-%d", i), i%services)
		if err != nil {
			return nil, err
		}
		page, err := f.page(ctx, person(i%services), began)
		if err != nil {
			return nil, err
		}
		if err := f.rest(ctx); err != nil {
			return nil, err
		}
		if i >= warmUp {
			took = append(took, page.At.Sub(began))
		}
	}
	return took, nil
}

// page waits for the page that reaches a person after a moment.
func (f *field) page(ctx context.Context, user string, after time.Time) (local.Effect, error) {
	return f.control.Await(ctx, f.known, "slack", "message", func(e local.Effect) bool {
		return e.Detail.User == user && e.At.After(after)
	})
}

// rest waits until nothing has happened for a while.
func (f *field) rest(ctx context.Context) error {
	for {
		found, err := f.control.Ledger(ctx, f.known, "", "", stillFor)
		if err != nil || len(found) == 0 {
			return err
		}
		f.known = found[len(found)-1].N
	}
}

// stormResult is what came of many alerts at once.
type stormResult struct {
	latencies []time.Duration
	incidents int
	paged     int
	messages  int
	again     int64
	took      time.Duration
	faults    []error
}

// stormWithin bounds the storm: at the least rate allowed it takes 67 s.
const stormWithin = 3 * time.Minute

// storm posts all alerts at once and waits until every incident is named in a page.
func (f *field) storm(ctx context.Context, n int) (stormResult, error) {
	ctx, cancel := context.WithTimeout(ctx, stormWithin)
	defer cancel()
	began := time.Now()
	var again atomic.Int64
	failed := make(chan error, n)
	var posts sync.WaitGroup
	for i := range n {
		posts.Go(func() {
			_, times, err := f.fire(ctx, fmt.Sprintf("storm-%d", i), i%services)
			again.Add(int64(times))
			if err != nil {
				failed <- err
			}
		})
	}
	result, err := f.collect(ctx, n, began, failed)
	posts.Wait()
	result.again = again.Load()
	return result, err
}

// collect waits until every incident of the storm is named in a page and all has
// come to rest, then counts: each incident must be named in one page, to the one
// person of its service.
func (f *field) collect(ctx context.Context, n int, began time.Time, failed <-chan error) (stormResult, error) {
	result := stormResult{}
	pages := map[string][]local.Effect{}
	for quiet := false; !quiet; {
		select {
		case err := <-failed:
			return result, err
		default:
		}
		found, err := f.control.Ledger(ctx, f.known, "slack", "message", time.Second)
		if err != nil {
			return result, fmt.Errorf("after pages for %d incidents of %d: %w", len(pages), n, err)
		}
		quiet = len(found) == 0 && len(pages) >= n
		for _, e := range found {
			f.known = e.N
			if !strings.HasPrefix(e.Detail.User, personPrefix) || e.At.Before(began) {
				continue
			}
			result.messages++
			for _, id := range named(e) {
				pages[id] = append(pages[id], e)
				result.latencies = append(result.latencies, e.At.Sub(began))
				result.took = e.At.Sub(began)
			}
		}
	}
	result.incidents, result.paged = len(pages), len(result.latencies)
	result.faults = faults(pages, n)
	return result, nil
}

// named are the incidents that a page names: pages that waited for Slack are merged.
func named(page local.Effect) (ids []string) {
	for _, text := range page.Texts() {
		ids = append(ids, incidentID.FindAllString(text, -1)...)
	}
	return ids
}

var incidentID = regexp.MustCompile(`INC-\d{6}-[A-Z2-7]{6}`)

// faults are the incidents that were not named in exactly one page to their person.
func faults(pages map[string][]local.Effect, n int) []error {
	var list []error
	if len(pages) != n {
		list = append(list, fmt.Errorf("%d incidents were paged, not %d", len(pages), n))
	}
	for id, sent := range pages {
		i := strings.TrimPrefix(sent[0].Detail.User, personPrefix)
		if len(sent) != 1 || !strings.Contains(sent[0].Detail.Text, "service-"+i) {
			list = append(list, fmt.Errorf("%s was named in %d pages, the first to %s: %s", id, len(sent), sent[0].Detail.User, sent[0].Detail.Text))
		}
	}
	return list
}
