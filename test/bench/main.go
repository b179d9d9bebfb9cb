// Command bench measures the way from an alert to its page, beside a workflow that
// does nothing but one empty activity, on the same devserver in the same run. Its
// figures are ratios: a machine that is slow makes both slow.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

const (
	alone    = 60   // alerts and bare workflows one at a time
	atOnce   = 1000 // alerts at once
	services = 50   // with a person and a channel each

	ratioAllowed   = 3.0
	pagesPerSecond = 15.0
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "lastgood-bench-")
	if err != nil {
		return fmt.Errorf("make a place for the bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	bin, err := filepath.Abs("bin")
	if err != nil {
		return fmt.Errorf("find bin/: %w", err)
	}
	field, err := newField(ctx, bin, dir)
	if err != nil {
		return err
	}
	defer field.end()
	bare, err := field.bare(ctx, alone)
	if err != nil {
		return err
	}
	pages, err := field.oneByOne(ctx, alone)
	if err != nil {
		return err
	}
	storm, err := field.storm(ctx, atOnce)
	if err != nil {
		return err
	}
	return report(bare, pages, storm)
}

// report prints the figures and says which of them is not good enough.
func report(bare, pages []time.Duration, s stormResult) error {
	ratio := float64(at(pages, 50)) / float64(at(bare, 50))
	rate := float64(s.paged) / s.took.Seconds()
	fmt.Printf("\n%-44s %10s %10s\n", "one at a time", "p50", "p95")
	fmt.Printf("%-44s %10s %10s\n", "bare workflow, start to end", ms(at(bare, 50)), ms(at(bare, 95)))
	fmt.Printf("%-44s %10s %10s\n", "alert to page", ms(at(pages, 50)), ms(at(pages, 95)))
	fmt.Printf("%-44s %10.2f %10.2f   (at most %.0f at p50)\n", "ratio", ratio, float64(at(pages, 95))/float64(at(bare, 95)), ratioAllowed)
	fmt.Printf("\n%d alerts at once, %d services, %d people, %d channels\n", atOnce, services, services, services)
	fmt.Printf("%-44s %10s %10s\n", "alert to page", ms(at(s.latencies, 50)), ms(at(s.latencies, 95)))
	fmt.Printf("%-44s %10d\n", "incidents opened", s.incidents)
	fmt.Printf("%-44s %10d\n", "pages delivered, each incident in one", s.paged)
	fmt.Printf("%-44s %10d\n", "messages that they came in", s.messages)
	fmt.Printf("%-44s %10d\n", "503 answers that were sent again", s.again)
	fmt.Printf("%-44s %10.1f   (at least %.0f)\n", "pages a second", rate, pagesPerSecond)
	var faults []error
	if ratio > ratioAllowed {
		faults = append(faults, fmt.Errorf("alert to page takes %.2f times the bare workflow at p50", ratio))
	}
	if rate < pagesPerSecond {
		faults = append(faults, fmt.Errorf("only %.1f pages a second", rate))
	}
	return errors.Join(append(faults, s.faults...)...)
}

// at is the p-th percentile.
func at(durations []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(durations))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
