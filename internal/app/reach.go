package app

import (
	"fmt"

	"github.com/seed-44180607/lastgood/activities"
	"github.com/seed-44180607/lastgood/integrations/smtp"
	"github.com/seed-44180607/lastgood/integrations/twilio"
	"github.com/seed-44180607/lastgood/internal/config"
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
		phones, err := twilio.New(twilio.Config{
			AccountSID: c.Twilio.AccountSID, AuthToken: c.Twilio.AuthToken.Reveal(), From: c.Twilio.From,
			APIURL: c.Twilio.APIURL, PublicURL: c.PublicURL,
		})
		if err != nil {
			return fmt.Errorf("%w: TWILIO_API_URL: %w", ErrConfiguration, err)
		}
		pager.SMS = phones
	}
	return nil
}
