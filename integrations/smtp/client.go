// Package smtp is the way to people's mailboxes: it draws a page as a mail and
// hands it to a server in one SMTP dialogue. It does not retry, keeps no
// connection open, and reads no mail.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/seed-44180607/lastgood/incident"
)

const (
	vendor = "smtp"
	// defaultTimeout bounds a whole dialogue, the connecting included: a page has 5 s.
	defaultTimeout = 4 * time.Second
)

// Security is how the dialogue is encrypted.
type Security string

// The ways to encrypt. With StartTLS nothing is said in the clear but the
// greeting; Opportunistic takes STARTTLS where it is offered.
const (
	TLS           Security = "tls"
	StartTLS      Security = "mandatory"
	Opportunistic Security = "opportunistic"
	None          Security = "never"
)

// Config says which server takes mails. Host, Port and From are required.
type Config struct {
	Host string
	Port int
	// User and Password are empty where the server asks for neither.
	User, Password string
	// From is the sender as RFC 5322 has it: lastgood <lastgood@example.com>.
	From     string
	Security Security
	// Timeout bounds one dialogue; 4 s when zero.
	Timeout time.Duration
	// Trust is for tests: nil trusts the system's certificates.
	Trust *tls.Config
}

// Client hands mails to one server. Every error of its methods is a *rest.Error.
type Client struct {
	config Config
	from   *mail.Address
	// domain is the right side of the sender's address: that of every Message-ID.
	domain string
}

// New makes a client. It makes no call.
func New(c Config) (*Client, error) {
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("smtp: the sender %q is no mail address", c.From)
	}
	if c.Host == "" || c.Port <= 0 {
		return nil, errors.New("smtp: host and port are needed")
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	return &Client{config: c, from: from, domain: domain}, nil
}

// Send hands a page over, and gives what the server said when it took it. The
// same marker has the same Message-ID, so that mail programs show a page that was
// sent twice once.
func (c *Client) Send(ctx context.Context, to string, m incident.Message) (incident.Receipt, error) {
	a := attempt{what: "mail " + plain(to, 100), password: c.config.Password}
	message, err := c.compose(to, m)
	if err != nil {
		return incident.Receipt{}, a.unusable(err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	d, err := c.dial(ctx)
	if err != nil {
		return incident.Receipt{}, a.notConnected(ctx, err)
	}
	defer d.end()
	if err := d.client.Send(message); err != nil && !message.IsDelivered() {
		return incident.Receipt{}, a.notTaken(ctx, err)
	}
	return incident.Receipt{Said: "250 " + plain(message.ServerResponse(), 120)}, nil
}

// dialogue is a connection to the server, up to the point at which it takes mails.
type dialogue struct {
	client *gomail.Client
	conn   net.Conn
}

// goodbye is how long the server may take to answer QUIT: the mail is taken by then.
const goodbye = 300 * time.Millisecond

func (d *dialogue) end() {
	_ = d.conn.SetDeadline(time.Now().Add(goodbye))
	_ = d.client.Close()
	_ = d.conn.Close()
}

// dial connects, encrypts and logs in.
func (c *Client) dial(ctx context.Context) (*dialogue, error) {
	d := &dialogue{}
	connect := func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := c.connect(dialing, network, address)
		if err != nil {
			return nil, err
		}
		// go-mail heeds the context only until it is connected.
		context.AfterFunc(ctx, func() { _ = conn.Close() })
		d.conn = conn
		return conn, nil
	}
	client, err := gomail.NewClient(c.config.Host, append(c.login(),
		// The context ends first: the error then says so.
		gomail.WithPort(c.config.Port), gomail.WithTimeout(2*c.config.Timeout), c.encryption(),
		gomail.WithTLSConfig(c.trust()), gomail.WithoutNoop(), gomail.WithoutRset(),
		gomail.WithDialContextFunc(connect))...)
	if err != nil {
		return nil, err
	}
	d.client = client
	if err := client.DialWithContext(ctx); err != nil {
		if d.conn != nil {
			_ = d.conn.Close()
		}
		return nil, err
	}
	return d, nil
}

func (c *Client) connect(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil || c.config.Security != TLS {
		return conn, err
	}
	encrypted := tls.Client(conn, c.trust())
	if err := encrypted.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return encrypted, nil
}

func (c *Client) trust() *tls.Config {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.config.Trust != nil {
		trust = c.config.Trust.Clone()
	}
	trust.ServerName = c.config.Host
	return trust
}

func (c *Client) encryption() gomail.Option {
	switch c.config.Security {
	case StartTLS:
		return gomail.WithTLSPolicy(gomail.TLSMandatory)
	case Opportunistic:
		return gomail.WithTLSPolicy(gomail.TLSOpportunistic)
	default: // TLS is spoken from the first byte, by connect.
		return gomail.WithTLSPolicy(gomail.NoTLS)
	}
}

// login is the ways to log in that are tried, the safest first. The password is
// sent as it is over TLS only, or to this machine.
func (c *Client) login() []gomail.Option {
	if c.config.User == "" {
		return nil
	}
	return []gomail.Option{
		gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthCramMD5, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin),
		gomail.WithUsername(c.config.User), gomail.WithPassword(c.config.Password),
	}
}
