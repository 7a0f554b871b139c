package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/setup"
	"popbridge/configs"
)

// initRun is one run of init. What it finds done it does not do again.
type initRun struct {
	cmd *cobra.Command
	o   initOptions
	out io.Writer
	ask *setup.Dialogue

	answers setup.Answers
	path    string // of the configuration
	shipped string // the package's configuration, if it is there untouched
	cfg     *configs.Config
}

func (r *initRun) run(ctx context.Context) error {
	there, err := r.find()
	if err != nil {
		return err
	}
	r.answers.Folder = r.o.folder
	if err := r.answerByFlags(); err != nil {
		return usageError{err}
	}
	if r.o.passwordFile != "" { // read again at the login; a wrong name is said before anything is written
		if _, err := readPassword(r.o.passwordFile); err != nil {
			return err
		}
	}
	if there {
		err = r.resume()
	} else {
		err = r.begin(ctx)
	}
	if err != nil {
		return err
	}
	if err := r.authorize(ctx); err != nil {
		return err
	}
	if err := r.try(ctx); err != nil {
		return err
	}
	password, err := r.devicePassword(ctx)
	if err != nil {
		return err
	}
	r.finish(password)
	return nil
}

// find looks for a configuration, and chooses the path of a new one. The one of a
// package that nobody has touched is as good as none: it lacks the server.
func (r *initRun) find() (there bool, err error) {
	folder, err := filepath.Abs(r.o.folder)
	if err != nil {
		return false, err
	}
	r.o.folder = folder
	r.path = filepath.Join(folder, "popbridge."+r.o.format)
	for _, ending := range []string{"hcl", "yaml", "yml"} {
		path := filepath.Join(folder, "popbridge."+ending)
		data, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return false, fmt.Errorf("%w; run it as root", err)
		case string(data) == configs.Shipped:
			r.shipped = path
		default:
			r.path = path
			return true, nil
		}
	}
	return false, nil
}

// answerByFlags takes the answers that the command line has.
func (r *initRun) answerByFlags() error {
	a := &r.answers
	if r.o.domain != "" {
		if err := setup.SetDomain(a, r.o.domain); err != nil {
			return fmt.Errorf("--domain: %w", err)
		}
	}
	for _, q := range setup.Questions() {
		if !r.given(q.Flag) {
			continue
		}
		text := r.cmd.Flag(q.Flag).Value.String()
		if err := q.Set(a, text); err != nil {
			return fmt.Errorf("--%s: %w", q.Flag, err)
		}
	}
	if err := setup.SetCertificate(a, r.o.certificate, r.o.key); err != nil {
		return err
	}
	return a.Agree()
}

func (r *initRun) given(flag string) bool { return r.cmd.Flags().Changed(flag) }

// answer asks what is still wanted; only the questions of these flags, where some are
// named.
func (r *initRun) answer(only ...string) error {
	for _, q := range setup.Questions() {
		if len(only) > 0 && !slices.Contains(only, q.Flag) {
			continue
		}
		wanted := q.Wanted(r.answers)
		switch {
		case r.given(q.Flag) && !wanted && q.For != "":
			return usageError{fmt.Errorf("--%s is for %s; leave it out, or set --provider", q.Flag, q.For)}
		case r.given(q.Flag) || !wanted:
			continue
		}
		if q.Flag == "tenant" {
			if err := r.portal(); err != nil {
				return err
			}
		}
		if err := r.ask.Answer(q, &r.answers); err != nil {
			return usageError{err}
		}
	}
	return nil
}

// resume takes the answers of a configuration that is there.
func (r *initRun) resume() error {
	fmt.Fprintf(r.out, "Continuing with %s, which already exists.\n", r.path)
	if err := r.load(); err != nil {
		return err
	}
	if err := r.answers.Resume(r.path, r.cfg, r.given("provider")); err != nil {
		return usageError{err}
	}
	if r.o.domain != "" {
		return r.answer("device")
	}
	r.answers.Domain = ""
	return r.answer("account", "device")
}

// load reads the configuration and says what is wrong with it.
func (r *initRun) load() error {
	cfg, problems := configs.Load(r.path)
	report(r.out, problems)
	if len(problems.Errors()) > 0 {
		return usageError{errReported}
	}
	r.cfg = cfg
	return nil
}

// begin writes the secrets and the configuration.
func (r *initRun) begin(ctx context.Context) error {
	if err := r.answer(); err != nil {
		return err
	}
	if err := r.answers.CertificateFits(); err != nil {
		return usageError{err}
	}
	if err := r.look(ctx); err != nil {
		return err
	}
	if err := setup.MakeFolder(r.o.folder); err != nil {
		return err
	}
	if err := r.secrets(); err != nil {
		return err
	}
	text := []byte(r.answers.Configuration())
	if filepath.Ext(r.path) == ".hcl" {
		var err error
		if text, err = configs.Convert("popbridge.yaml", text, "hcl"); err != nil {
			return err
		}
	}
	if _, problems := configs.Parse(r.path, text); len(problems.Errors()) > 0 {
		report(r.out, problems.Errors())
		return errReported
	}
	whose := "owner and mode as they were"
	var err error
	if r.path == r.shipped {
		err = replaceFile(r.path, text)
	} else {
		whose, err = setup.WriteNew(r.path, text)
	}
	if err != nil {
		return err
	}
	if r.shipped != "" && r.shipped != r.path {
		fmt.Fprintf(r.out, "\n%s, which came with the package, is no longer used.\n", r.shipped)
	}
	fmt.Fprintf(r.out, "\n%s is written (%s):\n\n%s\n", r.path, whose, text)
	return r.load()
}

// stopped tells of a step that is left to a person who is not there.
func (r *initRun) stopped(what string) error {
	return errors.New(what + "; then run popbridge init again, and it continues here")
}
