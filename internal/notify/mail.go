package notify

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/truce-project/truce/internal/jobs"
)

// post sends a message by mail.
func (n *Notifier) post(ctx context.Context, t jobs.Try) error {
	x, err := read(t)
	if err != nil {
		return err
	}
	if n.o.Away && isSubscription(x.Rule) {
		return n.o.Queue.Add(ctx, jobs.Task{Kind: mailKind + atHome, Key: x.key(), Once: true, Body: x, Attempts: mailAttempts})
	}
	own, err := n.subscription(ctx, x.Rule)
	if err != nil {
		return err
	}
	var s Sees
	if own != nil {
		if s = own.sees(); own.Mail != x.To || own.Waiting != (x.Event == "confirm") {
			return nil // it goes elsewhere now, or is not confirmed
		}
	} else if a := n.rule(x.Rule); a != nil && x.Event == "alert" {
		s = a.Sees
	} else if d := n.digest(x.Rule); d != nil && x.Event == "digest" {
		s = d.Sees
	} else {
		return nil // it is not in the configuration any more
	}
	m := &Message{Origin: n.o.Origin}
	if x.Event != "confirm" {
		if m, err = n.made(ctx, x, s); err != nil || m == nil {
			return err
		}
	}
	if n.o.Config.Mail == nil {
		return jobs.Give(fmt.Errorf("there is no mail server in the configuration any more"))
	}
	msg, err := n.letter(x.To, t.Key, m, own)
	if err != nil {
		return jobs.Give(err)
	}
	c, err := n.o.Config.Mail.client(n.o.Dir)
	if err != nil {
		return err
	}
	return c.DialAndSendWithContext(ctx, msg)
}

// letter writes the mail. Its id is the same at each attempt.
func (n *Notifier) letter(to, key string, m *Message, own *Subscription) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(n.o.Config.Mail.From); err != nil {
		return nil, err
	}
	if err := msg.To(to); err != nil {
		return nil, err
	}
	id := sha256.Sum256([]byte(n.o.Origin + "\n" + key))
	host := "truce.invalid"
	if i := strings.LastIndexByte(n.o.Config.Mail.From, '@'); i >= 0 {
		host = strings.Trim(n.o.Config.Mail.From[i+1:], "> ")
	}
	msg.SetMessageIDWithValue(hex.EncodeToString(id[:16]) + "@" + host)
	msg.SetDateWithValue(n.o.Now())
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	switch {
	case own == nil:
		msg.Subject(subject(m))
		msg.SetBodyString(mail.TypeTextPlain, words(m))
	case own.Waiting:
		msg.Subject(m.Origin + ": is this address yours?")
		msg.SetBodyString(mail.TypeTextPlain, fmt.Sprintf("The account %s of %s asks to be told of what is new at this address.\n\nIf that is you, open this within three days and press the button:\n  %s\n\nIf not, do nothing: no other mail comes.\n", own.Owner, m.Origin, own.Confirm))
	default:
		msg.Subject(subject(m))
		msg.SetGenHeader("List-Unsubscribe", "<"+own.Stop+">")
		msg.SetBodyString(mail.TypeTextPlain, words(m)+fmt.Sprintf("\nSent because the account %s asked for it. To end it:\n  %s\n", own.Owner, own.Stop))
	}
	return msg, nil
}

func subject(m *Message) string {
	if m.Digest != nil {
		return fmt.Sprintf("%s: digest of %s", m.Origin, m.Digest.Day)
	}
	return fmt.Sprintf("%s: %s: %s", m.Origin, m.Rule, counted(len(m.Findings)+m.More, "finding"))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// words is a message for people.
func words(m *Message) string {
	var b strings.Builder
	if m.Digest != nil {
		m.Digest.write(&b)
	} else {
		fmt.Fprintf(&b, "Rule %s, by entry %d (%s, %s).\n\n", m.Rule, m.Entry.Index, m.Entry.Kind, m.Entry.ID)
	}
	for _, t := range m.Findings {
		fmt.Fprintf(&b, "%s  %s, %s@%s\n", t.Facts["id"], t.Facts["verdict"], t.Terms, t.Facts["reading"])
		for _, k := range slices.Sorted(maps.Keys(t.Facts)) {
			if k != "id" && k != "verdict" && k != "reading" {
				fmt.Fprintf(&b, "  %-10s %s\n", k, strings.Join(strings.Fields(t.Facts[k]), " "))
			}
		}
		if t.Where != "" {
			fmt.Fprintf(&b, "  %-10s %s\n", "where", t.Where)
		}
		if t.Facts["actor"] == "" {
			fmt.Fprintf(&b, "  %-10s %s\n", "actor", "not known, or not shown here")
		}
		if t.Revises {
			b.WriteString("  It revises an earlier finding, which stays beside it.\n")
		}
		b.WriteByte('\n')
	}
	if m.More > 0 {
		fmt.Fprintf(&b, "%d more are not listed here.\n", m.More)
	}
	if m.Unlooked > 0 {
		fmt.Fprintf(&b, "%d more were not looked at, being too many at once.\n", m.Unlooked)
	}
	fmt.Fprintf(&b, "%s\nAs of %d entries of %s.\n", standing, m.Vector[m.Origin], m.Origin)
	return b.String()
}

// client is a client of the mail server.
func (m *Mail) client(dir string) (*mail.Client, error) {
	host, port, err := net.SplitHostPort(m.Server)
	if err != nil {
		return nil, err
	}
	p, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if m.CA != "" {
		name := m.CA
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if conf.RootCAs, err = x509.SystemCertPool(); err != nil {
			conf.RootCAs = x509.NewCertPool()
		}
		if !conf.RootCAs.AppendCertsFromPEM(b) {
			return nil, fmt.Errorf("%s holds no certificate", name)
		}
	}
	opts := []mail.Option{mail.WithPort(p), mail.WithTimeout(30 * time.Second), mail.WithTLSConfig(conf)}
	switch m.TLS {
	case "tls":
		opts = append(opts, mail.WithSSL())
	case "none":
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.User != "" {
		password, err := m.Password.Read(dir)
		if err != nil {
			return nil, err
		}
		opts = append(opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.User), mail.WithPassword(password))
	}
	return mail.NewClient(host, opts...)
}
