package app

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/integrations/smtp"
	"github.com/seed-44180607/lastgood/integrations/twilio"
	"github.com/seed-44180607/lastgood/internal/api"
	"github.com/seed-44180607/lastgood/internal/config"
	"github.com/seed-44180607/lastgood/signals"
)

// addReach gives the pager the ways to reach people beside Slack, as far as they
// are configured.
func addReach(pager *activities.Pager, c config.Config) error {
	if c.Mail.On() {
		mail, err := smtp.New(smtp.Config{
			Host: c.Mail.Host, Port: c.Mail.Port, User: c.Mail.User, Password: c.Mail.Password.Reveal(),
			From: c.Mail.From, Security: smtp.Security(c.Mail.Security),
		})
		if err != nil {
			return fmt.Errorf("%w: SMTP_URL: %w", ErrConfiguration, err)
		}
		pager.Mail = mail
	}
	if c.Twilio.On() {
		phones, err := newPhones(c)
		if err != nil {
			return err
		}
		pager.SMS = phones
	}
	return nil
}

func newPhones(c config.Config) (*twilio.Client, error) {
	phones, err := twilio.New(twilio.Config{
		AccountSID: c.Twilio.AccountSID, AuthToken: c.Twilio.AuthToken.Reveal(), From: c.Twilio.From,
		APIURL: c.Twilio.APIURL, PublicURL: c.PublicURL,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: TWILIO_API_URL: %w", ErrConfiguration, err)
	}
	return phones, nil
}

// texting is how Twilio's calls are read. Twilio signs the address that it calls,
// which only PUBLIC_URL tells.
func texting(c config.Config, client signals.Client) api.Texting {
	switch {
	case !c.Twilio.On():
		return api.Texting{Off: "Twilio is not configured: set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM"}
	case c.PublicURL == "":
		return api.Texting{Off: "PUBLIC_URL is not set: without it Twilio's signature cannot be checked"}
	}
	phones, err := newPhones(c)
	if err != nil {
		return api.Texting{Off: err.Error()}
	}
	token, public := c.Twilio.AuthToken.Reveal(), strings.TrimRight(c.PublicURL, "/")
	return api.Texting{
		Verify:     func(h http.Header, uri string, body []byte) error { return twilio.Verify(token, h, public+uri, body) },
		DecodeText: twilio.DecodeText, DecodeReport: twilio.DecodeReport, Answer: twilio.Answer,
		Person: c.PersonByPhone, Alone: phones.Alone, Incidents: client, Reports: client,
	}
}
