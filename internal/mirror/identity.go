package mirror

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"github.com/truce-project/truce/internal/journal"
)

// Identity is by what an office proves who it is to others: a key for TLS and one
// for cosignatures of what it mirrors. Both are derived from log.key, and a note
// that the log's key signed says that they are its own. So one pinned key, that of
// the log, is all that offices have to give each other.
type Identity struct {
	Office  journal.Office
	Binding []byte // the note
	cert    tls.Certificate
	mirror  *fnote.Signer
}

// Bound is what a binding says.
type Bound struct {
	Origin string
	TLS    ed25519.PublicKey
	Mirror string // key of its cosignatures
}

const bindingHead = "truce office keys v1"

// bindingOID is where a certificate has the binding; it is made of a random UUID.
var bindingOID = asn1.ObjectIdentifier{2, 25, 1593617420, 846208013, 1201337781}

// ReadIdentity derives the identity of the office in a folder.
func ReadIdentity(dir string) (*Identity, error) {
	b, err := os.ReadFile(filepath.Join(dir, "log.key"))
	if err != nil {
		return nil, err
	}
	return NewIdentity(b)
}

// NewIdentity derives an identity from the content of log.key.
func NewIdentity(logKey []byte) (*Identity, error) {
	office, signer, key, err := journal.Derive(logKey, "peer tls v1")
	if err != nil {
		return nil, err
	}
	_, _, secret, err := journal.Derive(logKey, "mirror cosignature v1")
	if err != nil {
		return nil, err
	}
	name := office.Origin + "/mirror"
	skey, vkey, err := note.GenerateKey(bytes.NewReader(secret.Seed()), name)
	if err != nil {
		return nil, err
	}
	id := &Identity{Office: office}
	if id.mirror, err = fnote.NewSignerForCosignatureV1(skey); err != nil {
		return nil, err
	}
	if vkey, err = fnote.VKeyToCosignatureV1(vkey); err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s\n%s\n%s\n%s\n", bindingHead, office.Origin, base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)), vkey)
	if id.Binding, err = note.Sign(&note.Note{Text: text}, signer); err != nil {
		return nil, err
	}
	id.cert, err = certificate(key, id.Binding)
	return id, err
}

// certificate makes a certificate that carries a binding. Its dates say nothing:
// clocks of offices differ.
func certificate(key ed25519.PrivateKey, binding []byte) (tls.Certificate, error) {
	value, err := asn1.Marshal(binding)
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "truce office"}, DNSNames: []string{"truce-office"},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		ExtraExtensions: []pkix.Extension{{Id: bindingOID, Value: value}},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// OpenBinding reads a binding that the log of an office signed.
func OpenBinding(b []byte, office journal.Office) (Bound, error) {
	v, err := note.NewVerifier(office.Key)
	if err != nil {
		return Bound{}, err
	}
	n, err := note.Open(b, note.VerifierList(v))
	if err != nil {
		return Bound{}, fmt.Errorf("its keys are not signed by the key of %s that is known here: %w", office.Origin, err)
	}
	lines := strings.Split(strings.TrimSuffix(n.Text, "\n"), "\n")
	if len(lines) != 4 || lines[0] != bindingHead || lines[1] != office.Origin {
		return Bound{}, errors.New("not the keys of an office")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return Bound{}, errors.New("not the keys of an office: the key for TLS")
	}
	m, err := fnote.NewVerifierForCosignatureV1(lines[3])
	if err != nil || m.Name() != office.Origin+"/mirror" {
		return Bound{}, errors.New("not the keys of an office: the key of cosignatures")
	}
	return Bound{office.Origin, raw, lines[3]}, nil
}

// claimed is who a certificate says that it is, unproved, and its binding.
func claimed(c *x509.Certificate) (origin string, binding []byte, err error) {
	for _, e := range c.Extensions {
		if !e.Id.Equal(bindingOID) {
			continue
		}
		if rest, err := asn1.Unmarshal(e.Value, &binding); err != nil || len(rest) > 0 {
			return "", nil, errors.New("the certificate carries no keys of an office")
		}
		lines := strings.SplitN(string(binding), "\n", 3)
		if len(lines) == 3 && lines[0] == bindingHead {
			return lines[1], binding, nil
		}
	}
	return "", nil, errors.New("the certificate is not one of an office: expected one that truce makes")
}

// proves checks that a certificate is one of an office.
func proves(c *x509.Certificate, office journal.Office) (Bound, error) {
	origin, binding, err := claimed(c)
	if err != nil {
		return Bound{}, err
	}
	if origin != office.Origin {
		return Bound{}, fmt.Errorf("%s answers, expected %s", origin, office.Origin)
	}
	b, err := OpenBinding(binding, office)
	if err != nil {
		return b, err
	}
	if key, ok := c.PublicKey.(ed25519.PublicKey); !ok || !b.TLS.Equal(key) {
		return b, fmt.Errorf("the certificate has another key than the one that %s has signed for", office.Origin)
	}
	return b, nil
}

// ServerTLS is TLS for answering other offices. Whoever asks must show a
// certificate; who it is, is decided for each request.
func (id *Identity) ServerTLS() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{id.cert}, ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}
}

// ClientTLS is TLS for asking one office. No authority and no name counts, only
// its key.
func (id *Identity) ClientTLS(office journal.Office) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{id.cert}, ServerName: "truce-office", MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"},
		InsecureSkipVerify: true, // the key is checked below, and nothing else would add to that
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errors.New("no certificate")
			}
			_, err := proves(s.PeerCertificates[0], office)
			return err
		},
	}
}
