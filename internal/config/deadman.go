package config

import (
	"fmt"
	"net/url"
	"time"
)

// Deadman says how lastgood shows to a monitor outside that it works.
type Deadman struct {
	// URL is pinged while it does; it may carry a user and a password, and is a secret as a whole. Empty: nobody is.
	URL Secret
	// Every is how often a worker looks whether it does.
	Every time.Duration
}

// What DEADMAN_EVERY may be. A look leaves about 3 kB in Temporal's history.
const (
	oftenestLook = time.Second
	seldomLook   = time.Hour
)

// deadman reads DEADMAN_URL. Its text is never repeated: whoever knows it may ping.
func (v *variables) deadman(e Env) Deadman {
	d := Deadman{URL: v.secret("DEADMAN_URL", e.DeadmanURL, e.DeadmanURLFile)}
	if u, err := url.Parse(d.URL.Reveal()); !d.URL.Empty() && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		v.fault("DEADMAN_URL", "is no URL; write it like https://hc-ping.com/UUID")
	}
	every, err := time.ParseDuration(e.DeadmanEvery)
	if err != nil || every < oftenestLook || every > seldomLook {
		v.fault("DEADMAN_EVERY", "%q is no time between 1s and 1h like 1m", e.DeadmanEvery)
	}
	d.Every = every
	return d
}

// What a heartbeat may want: a workflow's timer does not go beyond.
const longestSilence = 366 * 24 * time.Hour

// heartbeats checks the dead-man's switches.
func (d *document) heartbeats(all []heartbeat, ids ids) {
	var named []string
	for i, h := range all {
		path := fmt.Sprintf("heartbeats[%d]", i)
		named = append(named, h.Name)
		d.need(h.Service, path+".service", "name the service that is paged")
		d.refer(path+".service", "service", h.Service, ids.services)
		switch {
		case h.Every <= 0:
			d.fault(path+".every", "must be above 0, like 24h")
		case h.Every < time.Second:
			d.fault(path+".every", "must be 1s at least")
		case h.Every > longestSilence:
			d.fault(path+".every", "must be 366 days at most")
		}
		if h.Grace < 0 || h.Grace > longestSilence {
			d.fault(path+".grace", "must be 0s or more, and 366 days at most")
		}
	}
	d.identify("heartbeats", "name", named)
}
