package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/seed-44180607/lastgood/internal/app"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/internal/spelling"
	"github.com/seed-44180607/lastgood/oncall"
	"github.com/seed-44180607/lastgood/signals"
)

// liveWithin bounds the reading of what was entered at run time.
const liveWithin = 2 * time.Second

// live is what a command knows of the people and schedules as they are now.
type live struct {
	file   config.File
	roster oncall.Roster // The file's, and over it what was entered at run time.
	// missing is why nothing of what was entered at run time is known; nil when it is.
	missing error
	client  signals.Client
	close   func()
}

// readLive reads lastgood.yaml, where LASTGOOD_CONFIG says, and what was entered at run time. A Temporal that cannot
// be reached is no error: live.missing says so, and the roster is the file's alone. Who has it closes it.
func readLive(ctx context.Context) (live, error) {
	path := os.Getenv("LASTGOOD_CONFIG")
	if path == "" {
		return live{}, usageError{errors.New("LASTGOOD_CONFIG is not set: set it to the path of lastgood.yaml, the one of worker and starter")}
	}
	file, err := config.ReadFile(path)
	if err != nil {
		return live{}, usageError{err}
	}
	temporal, _, err := app.Temporal(slog.New(slog.DiscardHandler))
	if err != nil {
		return live{}, err
	}
	now := live{file: file, client: signals.Client{Temporal: temporal, TaskQueue: os.Getenv("TASK_QUEUE")}, close: temporal.Close}
	ctx, cancel := context.WithTimeout(ctx, liveWithin)
	defer cancel()
	kept, err := now.client.Roster(ctx)
	now.missing, now.roster = err, kept.Over(file.Roster)
	return now, nil
}

// warn says on standard error what is not known of the roster.
func (l live) warn(to io.Writer) {
	if l.missing != nil {
		fmt.Fprintf(to, "warning: overrides entered at run time are missing, this is lastgood.yaml alone: %v%s\n", l.missing, reachable)
	}
}

// reachable ends what is said when Temporal cannot be reached.
const reachable = "; is Temporal up, and do TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE name it?"

// schedules are the one that is named, or all of them.
func (l live) schedules(only string) ([]oncall.Schedule, error) {
	if only == "" {
		return l.roster.Schedules, nil
	}
	s, err := l.roster.Schedule(only)
	if err != nil {
		return nil, misnamed(err)
	}
	return []oncall.Schedule{s}, nil
}

// misnamed makes an error of usage out of one about a name that does not exist, with the name that was probably meant.
func misnamed(err error) error {
	if unknown, ok := errors.AsType[oncall.Unknown](err); ok {
		return usageError{fmt.Errorf("%w%s", err, spelling.DidYouMean(unknown.ID, unknown.Known))}
	}
	return err
}
