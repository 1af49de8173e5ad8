package route

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// TLS is how a run's connections are secured, with the content of PEM files.
type TLS struct {
	Insecure   bool   // accept any certificate
	ServerName string // to ask for (SNI) and to expect in the certificate; empty means the host of the URL
	CA         []byte // authorities to trust instead of those of the system
	Cert       []byte // the client's certificate with those that sign it
	Key        []byte // its private key; empty means that Cert has it
}

// Config makes the configuration, nil if nothing differs from the default.
func (t TLS) Config() (*tls.Config, error) {
	if !t.Insecure && t.ServerName == "" && len(t.CA) == 0 && len(t.Cert) == 0 && len(t.Key) == 0 {
		return nil, nil
	}
	made := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName, InsecureSkipVerify: t.Insecure} //nolint:gosec // it is what the user asks for
	switch {
	case t.Insecure && len(t.CA) > 0:
		return nil, errors.New("authorities have no effect if any certificate is accepted")
	case len(t.CA) > 0:
		made.RootCAs = x509.NewCertPool()
		if !made.RootCAs.AppendCertsFromPEM(t.CA) {
			return nil, errors.New("the file of authorities has no certificate in PEM form")
		}
	}
	switch {
	case len(t.Cert) == 0 && len(t.Key) > 0:
		return nil, errors.New("a private key needs a certificate")
	case len(t.Cert) > 0:
		key := t.Key
		if len(key) == 0 {
			key = t.Cert
		}
		certificate, err := tls.X509KeyPair(t.Cert, key)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		made.Certificates = []tls.Certificate{certificate}
	}
	return made, nil
}
