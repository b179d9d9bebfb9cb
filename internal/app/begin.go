package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
)

// beginAll starts one worker of each kind for a task queue. Those that it gives have been started, also when it fails or the context ends.
func beginAll(
	ctx context.Context, temporal client.Client, namespace, queue string, log *slog.Logger, kinds ...func() worker.Worker,
) (begun []worker.Worker, err error) {
	await := func(ctx context.Context) error { return Await(ctx, temporal, namespace, log) }
	for _, kind := range kinds {
		w, ok, err := begin(ctx, kind, await, log.With("task_queue", queue))
		if err != nil {
			return begun, fmt.Errorf("start the workers of task queue %s: %w", queue, err)
		}
		if !ok {
			return begun, nil
		}
		begun = append(begun, w)
	}
	return begun, nil
}

// begin starts a worker. Temporal may be gone again since it was found there: then it is awaited, and another worker made,
// as one that failed to start does so for ever. It is not begun, without an error, when the context ends before.
func begin[W interface{ Start() error }](
	ctx context.Context, kind func() W, await func(context.Context) error, log *slog.Logger,
) (w W, begun bool, err error) {
	for {
		w = kind()
		err := w.Start()
		switch {
		case err == nil:
			return w, true, nil
		case !passes(err):
			return w, false, err
		}
		log.Warn("a worker does not start yet", "error", err)
		select {
		case <-ctx.Done():
			return w, false, nil
		case <-time.After(connectEvery):
		}
		if err := await(ctx); err != nil || ctx.Err() != nil {
			return w, false, err
		}
	}
}
