package workflows

import (
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/incident"
	"github.com/seed-44180607/lastgood/signals"
)

// Heartbeat watches over one heartbeat until it is retired: the incident of its service knows when it is silent, and
// when it beats again. It heeds no cancellation: what is watched must not be forgotten by a click.
func Heartbeat(ctx workflow.Context, w incident.Watch) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	began := workflow.GetInfo(ctx).WorkflowStartTime.UTC() // Beats may have come before the first task.
	s := &sentry{watch: w.Begin(began, workflow.Now(ctx)), log: workflow.GetLogger(ctx), selector: workflow.NewSelector(ctx)}
	inlets := s.inlets(ctx)
	for _, in := range inlets {
		s.selector.AddReceive(in.channel, func(workflow.ReceiveChannel, bool) { in.take() })
	}
	for {
		// Every beat counts before the clock does: those of a time without a worker come together with the timer.
		for _, in := range inlets {
			for in.take() {
			}
		}
		s.watch = s.watch.At(workflow.Now(ctx))
		s.show(ctx)
		// No signal is left behind: since the last look there was no wait.
		switch full := workflow.GetInfo(ctx).GetContinueAsNewSuggested(); {
		case s.telling:
		case s.watch.Over():
			return nil
		case full:
			return workflow.NewContinueAsNewError(ctx, signals.HeartbeatType, s.watch)
		}
		s.tell(ctx)
		s.arm(ctx)
		s.selector.Select(ctx)
	}
}

// sentry is a heartbeat's watch while its workflow runs.
type sentry struct {
	watch    incident.Watch
	log      log.Logger
	selector workflow.Selector
	shown    string // The watch as the memo has it.
	telling  bool   // News is on its way, or waits to be sent again.
	timer    *waiting
}

// waiting is the timer that is set.
type waiting struct {
	at   int64 // Unix time in nanoseconds.
	stop workflow.CancelFunc
}

func (s *sentry) inlets(ctx workflow.Context) []inlet {
	channel := func(name, description string) workflow.ReceiveChannel {
		return workflow.GetSignalChannelWithOptions(ctx, name, workflow.SignalChannelOptions{Description: description})
	}
	beats := channel(signals.Beat, `It is alive. {} is enough: it counts as of now.`)
	settings := channel(signals.Configure, "The settings of lastgood.yaml, from a process that has read it.")
	retirements := channel(signals.Retire, "lastgood.yaml has the heartbeat no more.")
	return []inlet{
		{beats, func() bool {
			var p signals.Pulse
			if !beats.ReceiveAsync(&p) {
				return false
			}
			s.watch = s.watch.Beat(p.At, workflow.Now(ctx))
			return true
		}},
		{settings, func() bool {
			var c signals.Configured
			if !settings.ReceiveAsync(&c) {
				return false
			}
			s.watch = s.watch.Configure(c.Heartbeat, c.Read, workflow.Now(ctx))
			return true
		}},
		{retirements, func() bool {
			var r signals.Retirement
			if !retirements.ReceiveAsync(&r) {
				return false
			}
			s.watch = s.watch.Retire(r.Read, workflow.Now(ctx))
			return true
		}},
	}
}

// show keeps the memo current, which can be read while no worker runs.
func (s *sentry) show(ctx workflow.Context) {
	encoded, err := json.Marshal(s.watch)
	if err != nil || string(encoded) == s.shown {
		return
	}
	if err := workflow.UpsertMemo(ctx, signals.WatchMemo(s.watch)); err != nil {
		s.log.Error("the memo of a heartbeat could not be set", "heartbeat", s.watch.Heartbeat.Name, "error", err)
		return
	}
	s.shown = string(encoded)
}

// tell sends what an incident does not know yet, one at a time, so that it arrives in order.
func (s *sentry) tell(ctx workflow.Context) {
	news, owed := s.watch.Owed(workflow.Now(ctx))
	if !owed || s.telling {
		return
	}
	s.telling = true
	sent := workflow.ExecuteActivity(newsOptions(ctx, s.watch.Heartbeat.Name), activities.TellSilenceName, news)
	s.selector.AddFuture(sent, func(f workflow.Future) {
		if err := f.Get(ctx, nil); err != nil {
			s.log.Error("an incident was not told of a heartbeat", "heartbeat", s.watch.Heartbeat.Name, "error", err)
			s.selector.AddFuture(workflow.NewTimer(ctx, firstPause), func(workflow.Future) { s.telling = false })
			return
		}
		s.telling = false
		s.watch = s.watch.Delivered(news)
	})
}

// arm sees to it that a timer fires when the heartbeat is silent, at the latest. One that fires before is set anew then:
// a beat costs no timer.
func (s *sentry) arm(ctx workflow.Context) {
	due := s.watch.Due()
	if due.IsZero() || !s.watch.Silent.IsZero() {
		return
	}
	if s.timer != nil {
		if s.timer.at <= due.UnixNano() {
			return
		}
		s.timer.stop()
	}
	timerCtx, stop := workflow.WithCancel(ctx)
	set := &waiting{at: due.UnixNano(), stop: stop}
	s.timer = set
	timer := workflow.NewTimerWithOptions(timerCtx, due.Sub(workflow.Now(ctx)), workflow.TimerOptions{
		Summary: signals.Shorten(fmt.Sprintf("call %s silent unless it beats", s.watch.Heartbeat.Name), 180),
	})
	s.selector.AddFuture(timer, func(workflow.Future) {
		if s.timer == set {
			s.timer = nil
		}
	})
}
