// Package stamptest is an authority that stamps time, for tests.
package stamptest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
)

// Authority stamps time, with a root of its own in CAFile.
type Authority struct {
	ca, cert *x509.Certificate
	key      crypto.Signer
	CAFile   string
	Change   func(*timestamp.Timestamp) // before it is signed
}

// New makes an authority whose certificate is for some uses.
func New(t testing.TB, use ...x509.ExtKeyUsage) *Authority {
	t.Helper()
	make := func(c *x509.Certificate, parent *x509.Certificate, by crypto.Signer) (*x509.Certificate, crypto.Signer) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		if parent == nil {
			parent, by = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
		if err != nil {
			t.Fatal(err)
		}
		out, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return out, key
	}
	a := &Authority{CAFile: filepath.Join(t.TempDir(), "ca.pem")}
	ca, caKey := make(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root of a test"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Clock of a test"}, KeyUsage: x509.KeyUsageDigitalSignature}
	for _, u := range use {
		if u != x509.ExtKeyUsageTimeStamping {
			leaf.ExtKeyUsage = append(leaf.ExtKeyUsage, u)
			continue
		}
		value, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
		if err != nil {
			t.Fatal(err)
		}
		leaf.ExtraExtensions = append(leaf.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: value})
	}
	a.ca = ca
	a.cert, a.key = make(leaf, ca, caKey)
	if err := os.WriteFile(a.CAFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// Answer answers a request.
func (a *Authority) Answer(query []byte) ([]byte, error) {
	q, err := timestamp.ParseRequest(query)
	if err != nil {
		return nil, err
	}
	t := &timestamp.Timestamp{HashAlgorithm: q.HashAlgorithm, HashedMessage: q.HashedMessage, Time: time.Now().UTC().Truncate(time.Second), Nonce: q.Nonce, Policy: asn1.ObjectIdentifier{1, 2, 3, 4, 1}, AddTSACertificate: q.Certificates, Accuracy: time.Second}
	if a.Change != nil {
		a.Change(t)
	}
	return t.CreateResponseWithOpts(a.cert, a.key, crypto.SHA256)
}

// Roots is the root as a pool.
func (a *Authority) Roots(t testing.TB) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	p.AddCert(a.ca)
	return p
}
