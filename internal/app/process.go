// Package app assembles processes out of a configuration: the worker, the starter,
// and what both need to stand on. It holds no rules of its own.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // Schedules need the time zones, wherever the binary runs.

	"github.com/seed-44180607/lastgood/internal/config"
)

// Exit codes of every process.
const (
	exitFailed        = 1
	exitConfiguration = 2
)

// ErrConfiguration marks a failure that only a change of the configuration mends.
var ErrConfiguration = errors.New("configuration")

// configuration is a failure that only a change of a variable mends.
func configuration(variable string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrConfiguration, variable, err)
}

// Main runs a process until it is told to stop, and gives its exit code. What is
// wrong with the configuration is told at once, all of it.
func Main(process config.Process, run func(context.Context, config.Config, *slog.Logger) error) int {
	c, err := config.Load(process)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", process, err)
		return exitConfiguration
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := NewLog(os.Stderr, c.Log).With("process", string(process))
	for _, unused := range c.Unused() {
		log.Warn("a setting is accepted but not acted on by this version", "setting", unused)
	}
	for _, gap := range c.Warnings(process) {
		log.Warn("something is left undone", "gap", gap)
	}
	switch err := run(ctx, c, log); {
	case err == nil:
		log.Info("stopped")
		return 0
	case errors.Is(err, ErrConfiguration):
		fmt.Fprintf(os.Stderr, "%s: %v\n", process, err)
		return exitConfiguration
	default:
		fmt.Fprintf(os.Stderr, "%s: %v\n", process, err)
		return exitFailed
	}
}

// NewLog makes the logger that a configuration asks for.
func NewLog(to io.Writer, c config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.Level}
	if c.JSON {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}
