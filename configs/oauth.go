package configs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// OAuth2 says how popbridge gets the access tokens that it logs in upstream with.
type OAuth2 struct {
	Flow                Flow      `key:"flow" default:"client_credentials" words:"client_credentials device jwt code" doc:"How to get a token (RFC 6749, RFC 8628, RFC 7523, RFC 7636). client_credentials: popbridge is an application that may open every mailbox (Microsoft 365). device and code: the owner of each account agrees once, with 'popbridge account authorize'; with device by typing a code on any machine, with code in a browser that returns to popbridge, or whose address is pasted back. jwt: a service account may act for every user of a domain (Google Workspace)."`
	Tenant              string    `key:"tenant" sample:"example.org" doc:"With provider = microsoft365: the directory, by its id or one of its domains; consumers for outlook.com. It determines the endpoints."`
	TokenURL            string    `key:"token_url" unit:"URL" sample:"https://login.example.org/oauth2/token" doc:"The token endpoint. With flow = jwt it may be left out if key_file has it."`
	DeviceURL           string    `key:"device_url" unit:"URL" sample:"https://login.example.org/oauth2/device" doc:"The device authorization endpoint, for flow = device."`
	AuthURL             string    `key:"auth_url" unit:"URL" sample:"https://login.example.org/oauth2/authorize" doc:"The authorization endpoint, where the owner signs in, for flow = code."`
	ClientID            string    `key:"client_id" sample:"popbridge" doc:"popbridge's client id at the authorization server."`
	ClientSecret        Secret    `key:"client_secret" sample:"opensesame" doc:"Its client secret. Leave empty for a public client, which flow = device allows."`
	ClientSecretExpires Date      `key:"client_secret_expires" unit:"day" sample:"2027-01-31" doc:"The day on which client_secret ends, as the authorization server says (Microsoft's end after two years at most). The page and notify say so two weeks before."`
	ClientCertificate   string    `key:"client_certificate" unit:"file" sample:"/etc/popbridge/tls/client.pem" doc:"A PEM certificate that identifies popbridge to the authorization server, instead of client_secret (private_key_jwt, RFC 7523). It must be the one registered there."`
	ClientKey           string    `key:"client_key" unit:"file" sample:"/etc/popbridge/tls/client.key" doc:"The private key of client_certificate, in PEM."`
	ClientAssertionFile string    `key:"client_assertion_file" unit:"file" sample:"/var/run/secrets/azure/tokens/azure-identity-token" doc:"A file with a signed assertion that replaces client_secret, which the platform renews (workload identity). It is read each time it is needed."`
	Scopes              []string  `key:"scopes" sample:"https://mail.example.org/imap" doc:"The scopes to request. Most authorization servers require them."`
	KeyFile             string    `key:"key_file" unit:"file" sample:"/etc/popbridge/service-account.json" doc:"The key of a service account in Google's JSON, for flow = jwt."`
	CAFile              string    `key:"ca_file" unit:"file" sample:"/etc/popbridge/tls/ca.pem" doc:"PEM certificates to trust for these endpoints, in addition to the system's own."`
	Mechanism           Mechanism `key:"mechanism" default:"xoauth2" words:"xoauth2 oauthbearer" doc:"How to present a token to the server: xoauth2 (Microsoft, Google) or oauthbearer (RFC 7628)."`
}

// Asserts reports whether popbridge proves itself by an assertion that is signed, in
// place of a secret.
func (o OAuth2) Asserts() bool { return o.ClientCertificate != "" || o.ClientAssertionFile != "" }

// Certificate reads client_certificate and client_key.
func (o OAuth2) Certificate() (tls.Certificate, error) {
	for _, path := range []string{o.ClientCertificate, o.ClientKey} {
		if _, err := os.ReadFile(path); err != nil {
			return tls.Certificate{}, errors.New(unreadable(path, err))
		}
	}
	pair, err := tls.LoadX509KeyPair(o.ClientCertificate, o.ClientKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("%s and client_key %s are not a pair in PEM: %s", o.ClientCertificate, o.ClientKey, strings.TrimPrefix(err.Error(), "tls: "))
	}
	switch key := pair.PrivateKey.(type) {
	case *rsa.PrivateKey:
	case *ecdsa.PrivateKey:
		if key.Curve != elliptic.P256() {
			return tls.Certificate{}, fmt.Errorf("client_key %s is on the curve %s; authorization servers take RSA, and some P-256", o.ClientKey, key.Params().Name)
		}
	default:
		return tls.Certificate{}, fmt.Errorf("client_key %s is neither RSA nor P-256, which authorization servers take", o.ClientKey)
	}
	if end := pair.Leaf.NotAfter; time.Now().After(end) {
		return tls.Certificate{}, fmt.Errorf("%s expired on %s; make a new one, and upload it to the authorization server too", o.ClientCertificate, end.UTC().Format(time.DateOnly))
	}
	return pair, nil
}

// Assertion reads client_assertion_file.
func (o OAuth2) Assertion() (Secret, error) {
	data, err := os.ReadFile(o.ClientAssertionFile)
	if err != nil {
		return Secret{}, errors.New(unreadable(o.ClientAssertionFile, err))
	}
	text := strings.TrimSpace(string(data[:min(len(data), maxKeyFile)]))
	if text == "" {
		return Secret{}, fmt.Errorf("%s is empty; it has to hold a signed assertion, as the platform writes it", o.ClientAssertionFile)
	}
	return NewSecret(text), nil
}

// ServiceAccount is what a key_file holds.
type ServiceAccount struct {
	Email, KeyID, TokenURL string
	Key                    Secret // in PEM
}

// maxKeyFile bounds a key_file and a client_assertion_file, in octets.
const maxKeyFile = 64 << 10

// ServiceAccount reads key_file. TokenURL is token_url where that is given. The
// error tells nothing of the key.
func (o OAuth2) ServiceAccount() (ServiceAccount, error) {
	data, err := os.ReadFile(o.KeyFile)
	if err != nil {
		return ServiceAccount{}, errors.New(unreadable(o.KeyFile, err))
	}
	var file struct {
		Type     string `json:"type"`
		Email    string `json:"client_email"`
		KeyID    string `json:"private_key_id"`
		Key      string `json:"private_key"`
		TokenURL string `json:"token_uri"`
	}
	switch err := json.Unmarshal(data[:min(len(data), maxKeyFile)], &file); {
	case err != nil:
		return ServiceAccount{}, fmt.Errorf("%s is not a service account's key in JSON", o.KeyFile)
	case file.Type != "service_account" || file.Email == "":
		return ServiceAccount{}, fmt.Errorf(`%s is not the key of a service account: "type" has to be "service_account", and "client_email" its address`, o.KeyFile)
	}
	if err := checkPrivateKey(file.Key); err != nil {
		return ServiceAccount{}, fmt.Errorf(`%s: "private_key" %w`, o.KeyFile, err)
	}
	if o.TokenURL != "" {
		file.TokenURL = o.TokenURL
	}
	return ServiceAccount{Email: file.Email, KeyID: file.KeyID, TokenURL: file.TokenURL, Key: NewSecret(file.Key)}, nil
}

func checkPrivateKey(text string) error {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return errors.New("is not in PEM")
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return nil
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
		return errors.New("is not an RSA key")
	}
	return nil
}
