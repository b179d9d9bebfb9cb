package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

const (
	// readWithin bounds the reading of what was entered at run time: somebody waits to be paged.
	readWithin = 500 * time.Millisecond
	// pagesReadEvery is how old that may be for a page. A storm of pages is one reading.
	pagesReadEvery = time.Second
	// askedReadEvery is the same for those who ask over HTTP or in Slack.
	askedReadEvery = 100 * time.Millisecond
)

// people is who there is now: lastgood.yaml, and over it what was entered at run time.
type people struct {
	file  oncall.Roster
	read  func(context.Context) (signals.Kept, error)
	every time.Duration
	log   *slog.Logger

	turn  chan struct{} // Held by the one who looks at what follows.
	tried time.Time     // When the roster was last asked for, in vain or not.
	kept  signals.Kept
	known bool  // Whether there is a good copy.
	fault error // Why the copy is not the latest.
}

func newPeople(file oncall.Roster, read func(context.Context) (signals.Kept, error), every time.Duration, log *slog.Logger) *people {
	return &people{file: file, read: read, every: every, log: log, turn: make(chan struct{}, 1)}
}

// Roster is the file with the last good copy of what was entered at run time. It has no error: a page is sent by what
// is known, and a roster that cannot be read must not hold it up.
func (p *people) Roster(ctx context.Context) (oncall.Roster, error) {
	roster, _ := p.Known(ctx)
	return roster, nil
}

// Known is Roster for those who must not take the file alone for the whole: the error says that nothing but the file is
// known.
func (p *people) Known(ctx context.Context) (oncall.Roster, error) {
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	if p.tried.IsZero() || time.Since(p.tried) >= p.every {
		p.refresh(ctx)
	}
	if !p.known {
		return p.file, fmt.Errorf("the overrides entered at run time are not known: %w", p.fault)
	}
	return p.kept.Over(p.file), nil
}

// refresh asks for the latest copy. Those who come meanwhile wait for the same answer, so it does not end with the one
// who asked first.
func (p *people) refresh(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readWithin)
	defer cancel()
	kept, err := p.read(ctx)
	p.tried = time.Now()
	switch {
	case err == nil:
		if p.fault != nil {
			p.log.InfoContext(ctx, "the roster can be read again")
		}
		p.kept, p.known = kept, true
	case p.fault == nil:
		p.log.WarnContext(ctx, "the roster cannot be read; the last good copy of what was entered at run time holds",
			"a_copy_is_there", p.known, "reason", err.Error())
	}
	p.fault = err
}
