package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"popbridge/cmd/popbridge/internal/service"
	"popbridge/cmd/popbridge/internal/setup"
	"popbridge/configs"
	"popbridge/proxy/upstream"
)

// lookFor is how long a server that is looked at may be silent.
const lookFor = 10 * time.Second

// look finds out how servers that no preset knows are reached: TLS from the beginning
// if they do it, else STARTTLS. A password in the clear is for this machine alone.
func (r *initRun) look(ctx context.Context) error {
	a := &r.answers
	if a.Provider != configs.ProviderOther {
		return nil
	}
	u := service.UpstreamsWithout(hclog.NewNullLogger(), errors.New("no tokens are kept while a server is looked at"))
	defer u.Close()
	submission := a.Submission
	a.Submission = "" // it has no port yet
	err := r.lookAt(ctx, "IMAP", candidates(a.Address, "993", "143"), func(a *setup.Answers, at place) { a.Address, a.TLS = at.address, at.tls },
		func(ctx context.Context, at configs.Upstream) []upstream.Finding { return u.Probe(ctx, at, nil) })
	if err != nil || submission == "" {
		return err
	}
	return r.lookAt(ctx, "submission", candidates(submission, "465", "587"), func(a *setup.Answers, at place) { a.Submission, a.SendTLS = at.address, at.tls }, u.ProbeSubmission)
}

// lookAt tries one place after the other, and takes the first that is of use.
func (r *initRun) lookAt(ctx context.Context, kind string, places []place, take func(*setup.Answers, place), probe func(context.Context, configs.Upstream) []upstream.Finding) error {
	var failed []string
	for _, at := range places {
		trial := r.answers
		take(&trial, at)
		servers := trial
		servers.Sends = false // whose files are not there yet
		cfg, problems := configs.Parse("popbridge.yaml", []byte(servers.Configuration()))
		if err := problems.Err(); err != nil {
			return err
		}
		tctx, cancel := context.WithTimeout(ctx, lookFor)
		findings := probe(tctx, cfg.Upstream[trial.UpstreamName()])
		cancel()
		if err := findings[0].Err; err != nil {
			failed = append(failed, fmt.Sprintf("  %s, tls %s: %v", at.address, at.tls, err))
			continue
		}
		r.answers = trial
		fmt.Fprintf(r.out, "%s: %s\n", at.address, findings[0].Text)
		return nil
	}
	return fmt.Errorf("no usable %s server answers there; is the name correct, and does a firewall allow the connection?\n%s", kind, strings.Join(failed, "\n"))
}

// place is how a server might be reached.
type place struct {
	address string
	tls     configs.TLS
}

// candidates are the places that a server may be at: the port that begins with TLS, and
// the one that begins without, unless the address has one.
func candidates(address, tls, starttls string) (all []place) {
	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		host = strings.Trim(address, "[]")
		return []place{{net.JoinHostPort(host, tls), configs.TLSImplicit}, {net.JoinHostPort(host, starttls), configs.TLSStartTLS}}
	case port == tls:
		return []place{{address, configs.TLSImplicit}}
	case port != starttls:
		all = append(all, place{address, configs.TLSImplicit})
	}
	all = append(all, place{address, configs.TLSStartTLS})
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		all = append(all, place{address, configs.TLSNone})
	}
	return all
}

// portal tells what a person has to do at the provider first. A certificate that is to
// be uploaded there is made before.
func (r *initRun) portal() error {
	a := r.answers
	text := a.Portal()
	if text == "" {
		return nil
	}
	if a.MakesCertificate() {
		if err := setup.MakeFolder(r.o.folder); err != nil {
			return err
		}
		written, err := a.MakePair()
		r.tell(written)
		if err != nil {
			return err
		}
		certificate, err := os.ReadFile(a.Certificate)
		if err != nil {
			return err
		}
		text += "\n" + string(certificate)
	}
	fmt.Fprintf(r.out, "\n%s\n", text)
	return nil
}

func (r *initRun) tell(lines []string) {
	for _, line := range lines {
		fmt.Fprintln(r.out, line)
	}
}

// secrets sees to the files that the configuration names.
func (r *initRun) secrets() error {
	if a := r.answers; a.Provider == configs.ProviderGoogleWorkspace || r.given("tenant") {
		if err := r.portal(); err != nil { // asking for the tenant has shown it else
			return err
		}
	}
	written, err := r.answers.CopyPair()
	r.tell(written)
	if err != nil {
		return err
	}
	a := r.answers
	if file := a.KeyFile(); file != "" && !setup.Exists(file) {
		if err := r.keep(file, newSecretsKey()); err != nil {
			return err
		}
	}
	if file := a.SecretFile(); file != "" && setup.Exists(file) {
		if err := r.share(file); err != nil {
			return err
		}
	} else if file != "" {
		secret, err := r.ask.Secret("The client secret (its Value; what you type is not shown)")
		if err != nil || secret == "" {
			return r.stopped("the client secret is missing: put its Value alone into " + file)
		}
		if err := r.keep(file, secret); err != nil {
			return err
		}
	}
	file := a.ServiceAccountFile()
	for file != "" {
		_, err := configs.OAuth2{KeyFile: file}.ServiceAccount()
		if err == nil {
			return r.share(file)
		}
		fmt.Fprintln(r.out, err)
		if _, err := r.ask.Ask("Press Enter when the file is there", ""); err != nil {
			return r.stopped("the key of the service account is missing: put it at " + file)
		}
	}
	return nil
}

// share lets the service read a secret that a person has put in its place.
func (r *initRun) share(file string) error {
	whose, err := setup.Share(file)
	if err == nil && whose != "" {
		fmt.Fprintf(r.out, "%s can now be read by the service (%s)\n", file, whose)
	}
	return err
}

func (r *initRun) keep(file, secret string) error {
	whose, err := setup.WriteNew(file, []byte(secret+"\n"))
	if err == nil {
		fmt.Fprintf(r.out, "%s is written (%s)\n", file, whose)
	}
	return err
}

// finish tells what is left to do: to type, and to start.
func (r *initRun) finish(password string) {
	typed := make(map[configs.DeviceProtocol]bool)
	for _, name := range sortedKeys(r.cfg.Listener) {
		switch l := r.cfg.Listener[name]; {
		case typed[l.Protocol]:
			continue
		case l.Protocol == configs.DeviceSMTP:
			fmt.Fprintf(r.out, "\n%s", r.answers.TypedToSend(l))
		default:
			fmt.Fprintf(r.out, "\n%s", r.answers.Typed(l, password))
		}
		typed[r.cfg.Listener[name].Protocol] = true
	}
	start := "popbridge serve --config " + r.path
	if r.o.folder == "/etc/popbridge" && unitThere() {
		start = "systemctl enable --now popbridge"
	}
	fmt.Fprintf(r.out, "\nStart popbridge, if it is not running yet:\n\n  %s\n", start)
}

// unitThere reports whether systemd can start the service.
func unitThere() bool {
	for _, folder := range []string{"/etc", "/usr/lib", "/usr/local/lib", "/lib"} {
		if _, err := os.Stat(folder + "/systemd/system/popbridge.service"); err == nil {
			return true
		}
	}
	return false
}
