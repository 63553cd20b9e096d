// Package stamp gets and checks time stamps of RFC 3161 on checkpoints: the word of
// somebody outside that a checkpoint was there at a time, and with it all entries
// that it covers.
package stamp

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/digitorus/pkcs7"
	"github.com/digitorus/timestamp"
)

// Stamp is what an authority says of a checkpoint.
type Stamp struct {
	Size     int64         `json:"size"` // entries that the checkpoint covers
	Time     time.Time     `json:"time"`
	Accuracy time.Duration `json:"accuracy_ns"` // 0: it does not say
	By       string        `json:"by"`          // subject of its certificate
	Serial   string        `json:"serial"`
	Policy   string        `json:"policy"`
	Trusted  bool          `json:"trusted"` // its certificate leads to one of the roots that were given
	nonce    *big.Int
}

// Request asks for a stamp on some bytes. The nonce has to be in the answer.
func Request(b []byte) (query []byte, nonce *big.Int, err error) {
	if nonce, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64)); err != nil {
		return nil, nil, err
	}
	query, err = timestamp.CreateRequest(bytes.NewReader(b), &timestamp.RequestOptions{Hash: crypto.SHA256, Certificates: true, Nonce: nonce})
	return query, nonce, err
}

// tstInfo is the type of content that a stamp has.
var tstInfo = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}

// Check checks an answer of an authority: that it is of these bytes, that it is
// signed by the certificate in it, that this may sign time stamps, and with roots
// that it leads to one of them, at the time of the stamp.
func Check(b, answer []byte, roots *x509.CertPool) (s *Stamp, err error) {
	defer func() { // the parser of other people's DER
		if p := recover(); p != nil {
			s, err = nil, fmt.Errorf("it cannot be read: %v", p)
		}
	}()
	t, err := timestamp.ParseResponse(answer)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	if t.HashAlgorithm != crypto.SHA256 || !bytes.Equal(t.HashedMessage, sum[:]) {
		return nil, errors.New("it is a stamp on other bytes")
	}
	p, err := pkcs7.Parse(t.RawToken)
	if err != nil {
		return nil, err
	}
	by, err := signer(p)
	if err != nil {
		return nil, err
	}
	if t.Time.Before(by.NotBefore) || t.Time.After(by.NotAfter) {
		return nil, errors.New("its certificate does not hold at its time")
	}
	if err := p.Verify(); err != nil {
		return nil, fmt.Errorf("its signature does not hold: %w", err)
	}
	s = &Stamp{Time: t.Time.UTC(), Accuracy: t.Accuracy, By: by.Subject.String(), Policy: t.Policy.String(), nonce: t.Nonce}
	if t.SerialNumber != nil {
		s.Serial = t.SerialNumber.Text(16)
	}
	if roots == nil {
		return s, nil
	}
	if err := p.VerifyWithOpts(x509.VerifyOptions{Roots: roots, Intermediates: pool(p.Certificates), CurrentTime: t.Time, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}}); err != nil {
		return nil, fmt.Errorf("its certificate leads to none of the roots: %w", err)
	}
	s.Trusted = true
	return s, nil
}

// signer is the certificate of the one who signed; it may sign time stamps and
// says of the content that it is one.
func signer(p *pkcs7.PKCS7) (*x509.Certificate, error) {
	if len(p.Signers) != 1 {
		return nil, fmt.Errorf("%d signatures: expected one", len(p.Signers))
	}
	c := p.GetOnlySigner()
	if c == nil {
		return nil, errors.New("the certificate of its signer is not in it: nothing can be checked")
	}
	if !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageTimeStamping) {
		return nil, errors.New("its certificate is not one for time stamps")
	}
	var kind asn1.ObjectIdentifier
	if err := p.UnmarshalSignedAttribute(pkcs7.OIDAttributeContentType, &kind); err != nil || !kind.Equal(tstInfo) {
		return nil, errors.New("what was signed is not a time stamp")
	}
	return c, nil
}

func pool(cs []*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range cs {
		p.AddCert(c)
	}
	return p
}

// Answers reports whether a stamp answers the request with a nonce.
func (s *Stamp) Answers(nonce *big.Int) bool { return s.nonce != nil && s.nonce.Cmp(nonce) == 0 }
