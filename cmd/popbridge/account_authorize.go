package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"popbridge/cmd/popbridge/internal/service"
	"popbridge/configs"
	"popbridge/proxy/backend"
	"popbridge/proxy/oauth"
	"popbridge/translate"
)

func accountAuthorizeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "authorize ACCOUNT",
		Short: "Get an owner's consent for popbridge to read an account",
		Long: `Get the consent of an account's owner for popbridge to read its mail, for upstreams
with auth = "oauth2" and flow = "device" or "code". The command prints an address: open
it in a browser and sign in as the account. With device, enter the code that is printed
as well; any machine will do. With code, the browser returns to this command. If the
browser is on another machine, it ends at a localhost page that it cannot load: paste
that page's address here. The command waits, stores the tokens in the ledger, encrypted,
and logs in once to check that they work. It has to be repeated when the server revokes
the consent, for example after a change of password; the log says so.`,
		Example: `  popbridge account authorize alice@example.org
  popbridge account authorize alice@example.org --upstream microsoft`,
	}
	only := cmd.Flags().String("upstream", "", "only for this upstream")
	return ledgerCommand(acting(cmd), []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		ways, err := env.agreements(ctx, args[0], *only)
		if err != nil {
			return err
		}
		var pasted <-chan string
		if slices.ContainsFunc(ways, func(w backend.Request) bool { return w.Upstream.OAuth2.Flow == configs.FlowCode }) {
			pasted = lines(cmd.InOrStdin())
		}
		for _, w := range ways {
			if err := env.authorize(ctx, w, pasted); err != nil {
				return fmt.Errorf("upstream %q: %w", w.Upstream.Name, err)
			}
		}
		return nil
	})
}

func accountLogoutCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "logout ACCOUNT",
		Short: "Forget an owner's consent, and end the account's sessions",
		Long: `Forget the tokens that "popbridge account authorize" has stored for an account, and
end its sessions and upstream connections on every popbridge that shares the ledger. It
can log in again only after a new authorization. If the account needs no authorization,
sessions and connections end all the same, and devices may log in again. To revoke the
consent itself, the owner uses the authorization server.`,
		Example: `  popbridge account logout alice@example.org`,
	}
	return ledgerCommand(acting(cmd), []string{"ACCOUNT"}, func(ctx context.Context, env *environment, args []string) error {
		return env.logout(ctx, args[0])
	})
}

// agreements are the logins upstream that need the owner's word.
func (env *environment) agreements(ctx context.Context, name, only string) ([]backend.Request, error) {
	account, err := env.account(name)
	if err != nil {
		return nil, err
	}
	cfg, err := env.routesOf(ctx, account)
	if err != nil {
		return nil, err
	}
	logins := service.Agreements(cfg, account, only)
	if len(logins) == 0 {
		return nil, usageError{fmt.Errorf(`no route takes %s to an upstream with auth = "oauth2" and flow = "device" or "code"; see "popbridge account show %s"`, account, account)}
	}
	return logins, nil
}

// authorize asks, waits, and looks whether it works.
func (env *environment) authorize(ctx context.Context, w backend.Request, pasted <-chan string) error {
	servers := env.upstreams()
	defer servers.Close()
	owner := oauth.Owner{
		Ask:      func(p oauth.Prompt) error { return env.prompt(w, p) },
		Pasted:   pasted,
		Mistaken: func(err error) { fmt.Fprintf(env.cmd.ErrOrStderr(), "%s\n", err) },
	}
	if err := servers.AuthorizeAccount(ctx, w, owner); err != nil {
		return err
	}
	if env.json {
		return env.print(map[string]string{"authorized": w.Account, "upstream": w.Upstream.Name})
	}
	_, err := fmt.Fprintf(env.out, "%s is authorized for upstream %s, and its mailbox can be opened\n", w.Account, w.Upstream.Name)
	return err
}

// lines gives what is typed or pasted. It is read as long as the process lives: nobody
// can end a read from a terminal.
func lines(in io.Reader) <-chan string {
	c := make(chan string)
	go func() {
		for s := bufio.NewScanner(in); s.Scan(); {
			c <- s.Text()
		}
	}()
	return c
}

func (env *environment) prompt(w backend.Request, p oauth.Prompt) error {
	if env.json {
		shown := map[string]string{"account": w.Account, "upstream": w.Upstream.Name, "address": p.Address, "expires": p.Expires.UTC().Format(time.RFC3339)}
		if p.Code != "" {
			shown["code"] = p.Code
		}
		return env.print(shown)
	}
	then := fmt.Sprintf("enter the code\n\n  %s\n\n", printable(p.Code))
	if p.Code == "" {
		then = "come back here.\nWhere the browser is on another machine, it ends at a page on localhost that it cannot\nshow: copy that page's whole address, and paste it here.\n\n"
	}
	_, err := fmt.Fprintf(env.out, "To let popbridge read the mail of %s on upstream %s, open\n\n  %s\n\nby %s, sign in as %s, and %sThis command waits for it.\n",
		w.Account, w.Upstream.Name, printable(p.Address), p.Expires.Local().Format(time.TimeOnly+" MST"), w.Account, then)
	return err
}

func (env *environment) logout(ctx context.Context, name string) error {
	account, err := env.account(name)
	if err != nil {
		return err
	}
	cfg, err := env.routesOf(ctx, account)
	if err != nil {
		return err
	}
	servers := env.upstreams()
	defer servers.Close()
	dropped, err := servers.LogoutAccount(ctx, cfg, env.store, account)
	if err != nil {
		return err
	}
	if env.json {
		return env.print(map[string]any{"account": account, "authorizations": dropped})
	}
	_, err = fmt.Fprintf(env.out, "%s of %s forgotten; its sessions and connections end within about a second, on every popbridge that is running with this ledger\n",
		translate.Count(dropped, "authorization"), account)
	return err
}
