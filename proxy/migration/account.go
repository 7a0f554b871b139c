package migration

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"popbridge/configs"
)

// Account is whose mail is to be moved, and what lets popbridge in.
type Account struct {
	// Name is the account as devices name it, without a device.
	Name string
	// Password is the account's own; unset where an upstream's configuration says
	// how to log in without it.
	Password configs.Secret
}

// maxAccountLine is the longest line of a file of accounts, in octets.
const maxAccountLine = 4096

// ReadAccounts reads a file of accounts: one to a line, as "account" or
// "account:password". Everything behind the first colon is the password. Empty
// lines and those that begin with # are left out. name makes a login an account,
// as translate.LoginRules do. Errors name the line by its number, never by what
// it holds, and an account that stands there twice is one: two workers would be
// in each other's way.
func ReadAccounts(r io.Reader, name func(string) (string, error)) ([]Account, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, maxAccountLine), maxAccountLine)
	var accounts []Account
	seen := make(map[string]int)
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSuffix(lines.Text(), "\r")
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			continue
		}
		login, password, _ := strings.Cut(line, ":")
		account, err := name(strings.TrimSpace(login))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if first, twice := seen[account]; twice {
			return nil, fmt.Errorf("line %d: the account is already in line %d", number, first)
		}
		seen[account] = number
		accounts = append(accounts, Account{Name: account, Password: configs.NewSecret(password)})
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: it is longer than %d octets", number+1, maxAccountLine)
	} else if err != nil {
		return nil, err
	}
	return accounts, nil
}
