package mailstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Pattern says where the accounts of a mail store lie: a path with {user}, which is
// the whole account, or with {local} and {domain}, which are its halves.
type Pattern struct {
	text string
	find *regexp.Regexp
}

var patternVariable = regexp.MustCompile(`\{[^}]*\}`)

// ParsePattern reads a pattern. It has {user} or {local}.
func ParsePattern(text string) (Pattern, error) {
	expression, rest := "", text
	for at := patternVariable.FindStringIndex(rest); at != nil; at = patternVariable.FindStringIndex(rest) {
		name := rest[at[0]+1 : at[1]-1]
		if !slices.Contains([]string{"user", "local", "domain"}, name) {
			return Pattern{}, fmt.Errorf("{%s} is not known; {user}, {local} and {domain} are", name)
		}
		if strings.Contains(rest[at[1]:], rest[at[0]:at[1]]) {
			return Pattern{}, fmt.Errorf("{%s} appears twice", name)
		}
		expression += regexp.QuoteMeta(rest[:at[0]]) + "(?P<" + name + ">[^/]+)"
		rest = rest[at[1]:]
	}
	find, err := regexp.Compile("^" + expression + regexp.QuoteMeta(rest) + "$")
	if err != nil {
		return Pattern{}, fmt.Errorf("%q: %w", text, err)
	}
	if find.SubexpIndex("user") < 0 && find.SubexpIndex("local") < 0 {
		return Pattern{}, errors.New("it names neither {user} nor {local}, so all accounts would be one")
	}
	return Pattern{text: text, find: find}, nil
}

// Path is where an account lies. It fails where that could be in another's folder.
func (p Pattern) Path(account string) (string, error) {
	local, domain, _ := strings.Cut(account, "@")
	for _, part := range []string{local, domain} {
		if strings.ContainsAny(part, "/\x00") || part == "." || part == ".." {
			return "", fmt.Errorf("account %q cannot be a folder's name", account)
		}
	}
	return strings.NewReplacer("{user}", account, "{local}", local, "{domain}", domain).Replace(p.text), nil
}

// Place is where an account lies.
type Place struct{ Account, Path string }

// Accounts finds the accounts that the mail store has, by path. Where the pattern
// has no {domain} they are what {local} stands for.
func (p Pattern) Accounts() ([]Place, error) {
	meta := strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`)
	var glob strings.Builder
	rest := p.text
	for at := patternVariable.FindStringIndex(rest); at != nil; at = patternVariable.FindStringIndex(rest) {
		glob.WriteString(meta.Replace(rest[:at[0]]) + "*")
		rest = rest[at[1]:]
	}
	glob.WriteString(meta.Replace(rest))
	paths, err := filepath.Glob(glob.String())
	if err != nil {
		return nil, err
	}
	var accounts []Place
	for _, path := range paths {
		found := p.find.FindStringSubmatch(path)
		if found == nil {
			continue
		}
		part := func(name string) string {
			if i := p.find.SubexpIndex(name); i >= 0 {
				return found[i]
			}
			return ""
		}
		account := part("user")
		if account == "" {
			account = part("local")
			if domain := part("domain"); domain != "" {
				account += "@" + domain
			}
		}
		accounts = append(accounts, Place{account, path})
	}
	return accounts, nil
}
