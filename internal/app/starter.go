package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seed-44180607/lastgood/integrations/slack"
	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/signals"
)

// Starter takes alerts and clicks until the context ends. It listens before
// Temporal answers: a monitor that is told 503 comes again.
func Starter(ctx context.Context, c config.Config, log *slog.Logger) error {
	temporal, namespace, err := Temporal(log)
	if err != nil {
		return err
	}
	defer temporal.Close()
	metrics := newMetrics()
	served, err := serveMetrics(ctx, c.Metrics, metrics, ready(temporal, namespace), log)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen for alerts: %w; set LISTEN_ADDR to a free address", err)
	}
	client := signals.Client{Temporal: temporal, TaskQueue: c.TaskQueue}
	beats := newHeartbeats(c.Heartbeats, client, time.Now(), metrics, log)
	door := newAPI(c, client, beats, metrics, ready(temporal, namespace), log)
	defer door.Wait()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return api.Serve(ctx, l, door, log) })
	group.Go(func() error {
		select {
		case err := <-served:
			return err
		case <-ctx.Done():
			return nil
		}
	})
	group.Go(func() error {
		err := Await(ctx, temporal, namespace, log)
		if err == nil && ctx.Err() == nil {
			log.Info("ready", "listen", l.Addr().String(), "namespace", namespace, "services", len(c.Services))
		}
		if err == nil {
			beats.run(ctx)
		}
		return err
	})
	err = group.Wait()
	beats.flush()
	return err
}

func newAPI(c config.Config, client signals.Client, beats *heartbeats, metrics *metrics, ready func(context.Context) error, log *slog.Logger) *api.API {
	tokens := map[string][]string{}
	for source, list := range c.Tokens {
		for _, token := range list {
			tokens[source] = append(tokens[source], token.Reveal())
		}
	}
	self := &checked{read: client.Checked}
	metrics.registry.MustRegister(self.gauge())
	secret := c.Slack.SigningSecret.Reveal()
	chat := slack.New(slack.Config{Token: c.Slack.BotToken.Reveal(), APIURL: c.Slack.APIURL})
	return api.New(api.Options{
		Log: log, Metrics: metrics.registry, Ready: ready,
		Sources: sources(c),
		Tokens:  tokens, Rate: c.AlertRate, Route: c.Route, Services: c.ServiceIDs(), Owner: c.Owner,
		Alerts:        newGathering(outlasting{opener{config: c, client: client}, newSteady(log)}),
		VerifySlack:   func(h http.Header, body []byte) error { return slack.Verify(secret, h, body, time.Now()) },
		DecodeClick:   slack.Decode,
		Person:        c.PersonBySlack,
		Decisions:     persistent{client},
		IsClosed:      func(err error) bool { return errors.Is(err, signals.ErrClosed) },
		Whisperer:     chat,
		Roster:        book{newPeople(c.Roster, client.Roster, askedReadEvery, log), client},
		DecodeCommand: slack.DecodeCommand,
		AnswerCommand: slack.Ephemeral,
		Texting:       texting(c, client),
		Declaring:     declaring(c, chat),
		Heartbeats:    beats,
		SelfCheck:     self.SelfCheck,
	})
}

// declaring is how people declare incidents of the services in lastgood.yaml.
func declaring(c config.Config, chat *slack.Client) api.Declaring {
	return api.Declaring{
		Forms: chat,
		Channel: func(id string) string {
			s, _ := c.Service(id)
			return s.SlackChannel
		},
		Decode: slack.DecodeDeclaration, Rejected: slack.Rejected, Declared: slack.Declared,
	}
}

// book is the roster to read and to write in.
type book struct {
	*people
	signals.Client
}
