package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/internal/app"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/simulator"
)

func simulatorCommand() *cobra.Command {
	var listen, mail, public, starter string
	var build time.Duration
	var monitor bool
	cmd := &cobra.Command{
		Use:   "simulator",
		Short: "Slack, Jenkins, Jira, phones, mail, a demo shop and its monitor, simulated",
		Args:  usageOf(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", listen)
			if err != nil {
				return fmt.Errorf("listen on %s: %w; name a free address with --listen", listen, err)
			}
			if public == "" {
				public = "http://" + l.Addr().String()
			}
			world := simulator.Config{
				PublicURL: public, BuildDuration: build,
				InteractionsURL: starter + "/slack/interactions", SMSURL: starter + "/twilio/sms",
				Logger: app.NewLog(os.Stderr, config.Log{}),
			}
			if monitor {
				world.AlertURL = starter + "/v1/alerts/alertmanager"
			}
			var mails net.Listener
			if mail != "" {
				if mails, err = (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", mail); err != nil {
					return fmt.Errorf("listen for mails on %s: %w; name a free address with --mail", mail, err)
				}
			}
			return simulate(cmd.Context(), l, mails, world)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8090", "address to listen on")
	cmd.Flags().StringVar(&mail, "mail", "", "address to take mails on by SMTP (default none)")
	cmd.Flags().StringVar(&public, "public", "", "own address as others reach it (default http:// and the address listened on)")
	cmd.Flags().StringVar(&starter, "starter", "http://127.0.0.1:8080", "the starter that alerts and clicks go to")
	cmd.Flags().BoolVar(&monitor, "monitor", true, "watch the shop and send alerts; false where a Prometheus does")
	cmd.Flags().DurationVar(&build, "build", 2*time.Second, "how long a build takes")
	return cmd
}

// simulate serves the world on l and takes mails where there is a listener for them.
func simulate(ctx context.Context, l, mails net.Listener, c simulator.Config) error {
	world := simulator.New(c)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		world.Run(ctx)
		return nil
	})
	if mails != nil {
		group.Go(func() error { return world.ServeMail(ctx, mails) })
	}
	fmt.Printf("ready  simulator %s\n", c.PublicURL)
	group.Go(func() error {
		defer stop()
		return api.Serve(ctx, l, world, c.Logger)
	})
	return group.Wait()
}
