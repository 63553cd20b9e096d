package people

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Passkey is a key of WebAuthn that its owner keeps in a device or a program.
// What is kept here is its public half.
type Passkey struct {
	ID         string // base64url
	Name       string // that its owner gave it
	Made, Used time.Time
	Synced     bool // its device says that it may be copied to others
}

// ceremonyTime is how long somebody may take to answer the device.
const ceremonyTime = 5 * time.Minute

// newPasskeys is nil where nothing says by which name people reach the server, or
// where that is a bare address: a passkey is bound to a name.
func newPasskeys(address, display string) (*webauthn.WebAuthn, error) {
	if address == "" {
		return nil, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("%q: expected an address such as https://north.example.org", address)
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return nil, nil
	}
	t := webauthn.TimeoutConfig{Enforce: true, Timeout: ceremonyTime, TimeoutUVD: ceremonyTime}
	return webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: display, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation, // which make of device somebody has is nobody's business
		Timeouts:              webauthn.TimeoutsConfig{Login: t, Registration: t}})
}

// owner is an account as the library asks for it.
type owner struct {
	Account
	keys []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.ID) }
func (o owner) WebAuthnName() string                       { return o.Name }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }
func (o owner) WebAuthnDisplayName() string {
	if o.Title != "" {
		return o.Title
	}
	return o.Name
}

func (p *People) owner(a Account) (owner, error) {
	_, keys, err := p.sec.passkeys(a.ID)
	return owner{a, keys}, err
}

// passkeys lists those of an account, the oldest first.
func (s *secrets) passkeys(account string) (list []Passkey, keys []webauthn.Credential, err error) {
	rows, err := s.db.Query("SELECT id, name, data, made, used FROM passkey WHERE account = ? ORDER BY made, id", account)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, data []byte
		var name string
		var made, used int64
		if err := rows.Scan(&id, &name, &data, &made, &used); err != nil {
			return nil, nil, err
		}
		var k webauthn.Credential
		if err := json.Unmarshal(data, &k); err != nil {
			return nil, nil, fmt.Errorf("a passkey of %s: %w", account, err)
		}
		p := Passkey{ID: base64.RawURLEncoding.EncodeToString(id), Name: name, Made: time.Unix(made, 0).UTC(), Synced: k.Flags.BackupEligible}
		if used > 0 {
			p.Used = time.Unix(used, 0).UTC()
		}
		list, keys = append(list, p), append(keys, k)
	}
	return list, keys, rows.Err()
}

// mostPasskeys bounds those of an account.
const mostPasskeys = 20

// addPasskey keeps a new one, and recovery codes where there are none yet; false:
// there were. All sessions of the account end.
func addPasskey(tx *sql.Tx, account, name string, k *webauthn.Credential, now time.Time, codes []string) (recovery bool, err error) {
	data, err := json.Marshal(k)
	if err != nil {
		return false, err
	}
	var taken, there, have int
	if err := tx.QueryRow("SELECT (SELECT count(*) FROM passkey WHERE id = ?), (SELECT count(*) FROM passkey WHERE account = ?), (SELECT count(*) FROM recovery WHERE account = ?)", k.ID, account, account).Scan(&taken, &there, &have); err != nil {
		return false, err
	}
	switch {
	case taken > 0:
		return false, ErrRefused{"This passkey is kept already."}
	case there >= mostPasskeys:
		return false, ErrRefused{fmt.Sprintf("An account has at most %d passkeys: remove one first.", mostPasskeys)}
	}
	if _, err := tx.Exec("INSERT INTO passkey(id, account, name, data, made) VALUES(?, ?, ?, ?, ?)", k.ID, account, name, data, now.Unix()); err != nil {
		return false, err
	}
	if have == 0 {
		err = setRecovery(tx, account, codes)
	}
	return have == 0, errors.Join(err, endSessions(tx, account))
}

// dropPasskey removes one, and ends all sessions of the account.
func dropPasskey(tx *sql.Tx, account string, id []byte) error {
	r, err := tx.Exec("DELETE FROM passkey WHERE id = ? AND account = ?", id, account)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, ErrRefused{"This account has no such passkey."})
	}
	return endSessions(tx, account)
}

func endSessions(tx *sql.Tx, account string) error {
	_, err := tx.Exec("UPDATE credential SET epoch = epoch + 1 WHERE account = ?", account)
	return err
}

func (s *secrets) namePasskey(account string, id []byte, name string) error {
	err := s.one("UPDATE passkey SET name = ? WHERE id = ? AND account = ?", name, id, account)
	if errors.Is(err, errNotOnce) {
		return ErrRefused{"This account has no such passkey."}
	}
	return err
}

// usedPasskey keeps the counter of a device as it is after a sign-in. One that was
// removed in between opens nothing.
func (s *secrets) usedPasskey(account string, k *webauthn.Credential, now time.Time) error {
	data, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return s.one("UPDATE passkey SET data = ?, used = ? WHERE id = ? AND account = ?", data, now.Unix(), k.ID, account)
}
