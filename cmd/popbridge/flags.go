package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// missingFlags refuses flags that are missing or contradict each other. The library
// speaks of its groups of flags, which no operator knows.
func missingFlags(cmd *cobra.Command) error {
	var said []string
	for _, err := range []error{cmd.ValidateRequiredFlags(), cmd.ValidateFlagGroups()} {
		if err != nil {
			said = append(said, plainly(err.Error()))
		}
	}
	if len(said) == 0 {
		return nil
	}
	return errors.New(strings.Join(said, "; "))
}

// What the library says of flags, with the names in the first group.
var (
	flagsRequired  = regexp.MustCompile(`^required flag\(s\) (.+) not set$`)
	flagsOneOf     = regexp.MustCompile(`^at least one of the flags in the group \[(.+)\] is required$`)
	flagsTogether  = regexp.MustCompile(`^if any flags in the group \[.+\] are set they must all be set; missing \[(.+)\]$`)
	flagsExclusive = regexp.MustCompile(`^if any flags in the group \[.+\] are set none of the others can be; \[(.+)\] were all set$`)
)

// plainly says the same in an operator's words; what it does not know stays as it is.
func plainly(text string) string {
	if m := flagsRequired.FindStringSubmatch(text); m != nil {
		return areMissing(strings.Split(strings.ReplaceAll(m[1], `"`, ""), ", "))
	}
	if m := flagsOneOf.FindStringSubmatch(text); m != nil {
		return dashed(strings.Fields(m[1]), "or") + " is missing"
	}
	if m := flagsTogether.FindStringSubmatch(text); m != nil {
		return areMissing(strings.Fields(m[1]))
	}
	if m := flagsExclusive.FindStringSubmatch(text); m != nil {
		return dashed(strings.Fields(m[1]), "and") + " cannot be used together"
	}
	return text
}

func areMissing(names []string) string {
	verb := "is"
	if len(names) > 1 {
		verb = "are"
	}
	return fmt.Sprintf("%s %s missing", dashed(names, "and"), verb)
}

// dashed joins the names of flags as they are typed.
func dashed(names []string, word string) string {
	return "--" + strings.Join(names, " "+word+" --")
}
