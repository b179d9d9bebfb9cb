package simulator

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	alertAbove  = 0.05             // error ratio
	postTimeout = 10 * time.Second // of one webhook
)

// monitor is Prometheus and Alertmanager in one: it watches the error ratios
// and tells a webhook when an alert fires and when it is resolved.
type monitor struct {
	alerts map[string]*alertState
}

// alertState is an alert as it is, and as the webhook last heard of it.
type alertState struct {
	firing   bool
	startsAt time.Time
	endsAt   time.Time
	told     notification
}

// notification is the part of a webhook that changes from one to the next.
type notification struct {
	status   string // firing or resolved; empty: nothing said yet
	startsAt time.Time
	endsAt   time.Time
}

// newMonitor watches nothing when there is no one to tell.
func newMonitor(cfg Config) *monitor {
	m := &monitor{alerts: map[string]*alertState{}}
	if cfg.AlertURL == "" {
		return m
	}
	for _, service := range cfg.Services {
		m.alerts[service.Name] = &alertState{}
	}
	return m
}

// evaluate follows the error ratio; firing again gives a new startsAt.
func (a *alertState) evaluate(ratio float64, now time.Time) {
	if high := ratio > alertAbove; high && !a.firing {
		a.firing, a.startsAt, a.endsAt = true, now, time.Time{}
	} else if !high && a.firing {
		a.firing, a.endsAt = false, now
	}
}

// due is what the webhook must be told now. An alert that it never heard of
// is not resolved to it.
func (a *alertState) due() (notification, bool) {
	wanted := notification{status: "firing", startsAt: a.startsAt}
	if !a.firing {
		wanted = notification{status: "resolved", startsAt: a.startsAt, endsAt: a.endsAt}
	}
	unheard := a.told.status == "" || a.told.status == "resolved" && !a.told.startsAt.Equal(wanted.startsAt)
	if wanted == a.told || !a.firing && unheard {
		return notification{}, false
	}
	return wanted, true
}

// watch evaluates one service again and again and posts what is due. What the
// webhook could not take is due again at the next evaluation.
func (s *Simulator) watch(ctx context.Context, service Service) {
	tick := time.NewTicker(s.cfg.MonitorEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.notify(ctx, service)
		}
	}
}

func (s *Simulator) notify(ctx context.Context, service Service) {
	var world *state
	var sent notification
	var due bool
	var at time.Time
	s.do(func(st *state, now time.Time) {
		alert := st.monitor.alerts[service.Name]
		alert.evaluate(st.shop.services[service.Name].ratio(), now)
		world, at = st, now
		sent, due = alert.due()
	})
	if !due {
		return
	}
	status, err := s.postAlert(ctx, service, sent)
	if err != nil || status >= http.StatusInternalServerError {
		s.cfg.Logger.Warn("alert not delivered, will be retried", "service", service.Name, "status", status, "error", err)
		return
	}
	s.do(func(st *state, _ time.Time) {
		if st != world {
			return // reset meanwhile
		}
		st.monitor.alerts[service.Name].told = sent
		effect := "alert"
		if status >= http.StatusMultipleChoices {
			effect = "alert-refused" // for good, as Alertmanager retries only 5xx
		}
		s.ledger.record(at, "monitor", effect, map[string]any{
			"service": service.Name, "status": sent.status, "starts_at": sent.startsAt.UTC(), "ends_at": sent.endsAt.UTC(),
			"fingerprint": fingerprint(service.labels()), "group_key": service.groupKey(), "sent_at": at.UTC(), "http_status": status,
		})
	})
}

func (s *Simulator) postAlert(ctx context.Context, service Service, sent notification) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	body := encode(s.webhook(service, sent))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.cfg.AlertURL, bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("make the webhook: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Alertmanager/0.34.2")
	request.Header.Set("Authorization", "Bearer "+s.cfg.AlertToken)
	response, err := s.client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("post the webhook: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	return response.StatusCode, nil
}

// webhook is Alertmanager's webhook, version 4, as 0.34 sends it.
func (s *Simulator) webhook(service Service, sent notification) object {
	labels := service.labels()
	annotations := map[string]string{"summary": service.Alert.Summary, "runbook_url": service.Alert.Runbook}
	reason := "first notification"
	if sent.status == "resolved" {
		reason = "all alerts resolved"
	}
	return object{
		"version": "4", "receiver": "lastgood", "status": sent.status, "notification_reason": reason,
		"groupKey": service.groupKey(), "groupLabels": map[string]string{"alertname": service.Alert.Name, "service": service.Name},
		"commonLabels": labels, "commonAnnotations": annotations, "routeLabels": object{}, "truncatedAlerts": 0,
		"externalURL": s.cfg.PublicURL + "/shop",
		"alerts": []object{{
			"status": sent.status, "labels": labels, "annotations": annotations,
			"startsAt": sent.startsAt.UTC(), "endsAt": sent.endsAt.UTC(), "fingerprint": fingerprint(labels),
			"generatorURL": s.cfg.PublicURL + "/shop/api/" + url.PathEscape(service.Name),
		}},
	}
}

func (s Service) labels() map[string]string {
	labels := map[string]string{
		"alertname": s.Alert.Name, "service": s.Name, "env": "production", "severity": s.Alert.Severity,
	}
	maps.Copy(labels, s.Alert.Labels)
	return labels
}

func (s Service) groupKey() string {
	return fmt.Sprintf("{}:{alertname=%q, service=%q}", s.Alert.Name, s.Name)
}

// fingerprint is Prometheus' own: FNV-1a over the sorted labels, each part
// ended by the byte 255.
func fingerprint(labels map[string]string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		text.WriteString(name + "\xff" + labels[name] + "\xff")
	}
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, text.String())
	return fmt.Sprintf("%016x", hash.Sum64())
}
