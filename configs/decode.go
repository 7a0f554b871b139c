package configs

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"

	"popbridge/translate"
)

// config makes the values of the whole file. A value that is refused stays
// zero, and is reported.
func (r *reading) config() *Config {
	config := &Config{}
	v := reflect.ValueOf(config).Elem()
	for _, s := range r.sections {
		dst := v.Field(s.field)
		places := r.blocks(s)
		switch s.shape {
		case single:
			r.values(dst, s.keys, places[0])
		case labelled:
			dst.Set(reflect.MakeMap(dst.Type()))
			for _, at := range places {
				label := at.dotted[len(s.name)+1:]
				of := reflect.New(dst.Type().Elem()).Elem()
				of.FieldByName("Name").SetString(label)
				r.values(of, s.keys, at)
				dst.SetMapIndex(reflect.ValueOf(label), of)
			}
		case repeated:
			for _, at := range places {
				of := reflect.New(dst.Type().Elem()).Elem()
				r.values(of, s.keys, at)
				dst.Set(reflect.Append(dst, of))
			}
		}
	}
	r.derive(config)
	return config
}

// values fills one block.
func (r *reading) values(dst reflect.Value, keys []key, in place) {
	for _, k := range keys {
		at := in.child(k.name)
		if k.inner != nil {
			r.values(dst.Field(k.field), k.inner, at)
			continue
		}
		if k.secret() {
			r.secret(dst.Field(k.field), at)
			continue
		}
		if r.wrong[at.dotted] {
			continue
		}
		err := r.value(dst.Field(k.field), k, at)
		if err == nil {
			err = k.locate(dst.Field(k.field).Addr().Interface())
		}
		if err != nil {
			r.wrong[at.dotted] = true
			r.refuse(at, err)
		} else {
			r.remark(dst.Field(k.field), k, at)
		}
	}
}

func (r *reading) refuse(at place, err error) {
	var element elementError
	if errors.As(err, &element) && r.variables[at.dotted] == "" {
		at = at.item(strconv.Itoa(element.index))
	}
	r.errorf(at.dotted, "%s", err)
}

// value sets one field: from a variable as text, from the file as the type that
// stands there, else from the default.
func (r *reading) value(dst reflect.Value, k key, at place) error {
	given := r.settings.Get(at.deep)
	_, written := r.spots[at.dotted]
	_, variable := r.variables[at.dotted]
	switch {
	case written && !variable:
		f, _ := r.fieldAt(at)
		if f == nil || f.kind == scalar && f.value == nil {
			return errors.New("has no value; leave the key out for its default")
		}
		return setTyped(dst, given)
	case variable:
		return setText(dst, fmt.Sprint(given))
	}
	if text := r.fallback(at, k); text != "" {
		return setText(dst, text)
	}
	return nil
}

// fieldAt finds a key's node; viper shows an empty value as none.
func (r *reading) fieldAt(at place) (*node, bool) {
	n := r.root
	for part := range strings.SplitSeq(at.deep, delimiter) {
		if i, err := strconv.Atoi(part); err == nil && i < len(n.items) {
			n = n.items[i]
			continue
		}
		f, ok := n.get(part)
		if !ok {
			return nil, false
		}
		n = f.node
	}
	return n, true
}

// setTyped takes a value of the file only in the type that it should have: a
// number in place of a duration or a text is a mistake, not a hint.
func setTyped(dst reflect.Value, given any) error {
	switch dst := dst.Addr().Interface().(type) {
	case *bool:
		b, ok := given.(bool)
		if !ok {
			return notBool(given)
		}
		*dst = b
		return nil
	case *int:
		i, ok := given.(int64)
		if !ok || i > math.MaxInt {
			return errors.New("has to be a whole number, without quotes")
		}
		*dst = int(i)
		return nil
	case *time.Duration:
		if i, ok := given.(int64); ok {
			return fmt.Errorf("%d has no unit; write \"%ds\"", i, i)
		}
		if _, ok := given.(string); !ok {
			return errors.New("has to be a duration in quotes, such as \"30s\"")
		}
	case *translate.Size:
		if i, ok := given.(int64); ok {
			given = strconv.FormatInt(i, 10)
		}
	case *[]netip.Prefix:
		return setList(dst, given, "10.0.0.0/8", parseNetwork)
	case *[]string:
		return setList(dst, given, "…", plainText)
	case *Mailboxes:
		return dst.set(given)
	}
	text, ok := given.(string)
	if !ok {
		return notText(dst, given)
	}
	return setText(dst, text)
}

// notBool says what would be right in place of a value that is neither true nor false.
func notBool(given any) error {
	text := "has to be true or false, without quotes"
	if word, ok := given.(string); ok && switches[strings.ToLower(word)] != "" {
		text += "; write " + switches[strings.ToLower(word)]
	}
	return errors.New(text)
}

// notText says what would be right in place of a value that is no text: where a number
// lacks only its unit of days, that.
func notText(dst reflect.Value, given any) error {
	days, ok := given.(int64)
	if !ok || dst.Kind() == reflect.String {
		return errors.New("has to be text in quotes")
	}
	trial := reflect.New(dst.Type()).Elem()
	if text := fmt.Sprintf("%dd", days); setText(trial, text) == nil {
		return fmt.Errorf("%d has no unit; write %q, for days", days, text)
	}
	return errors.New("has to be text in quotes")
}

// setText takes what a variable or a default says.
func setText(dst reflect.Value, text string) (err error) {
	switch dst := dst.Addr().Interface().(type) {
	case *string:
		*dst, err = plainText(text)
	case *[]string:
		return setWords(dst, text)
	case *Mailboxes:
		return setWords((*[]string)(dst), text)
	case *bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		*dst = text == "true"
	case *int:
		if *dst, err = strconv.Atoi(text); err != nil {
			return fmt.Errorf("%q is not a whole number", text)
		}
	case *time.Duration:
		*dst, err = parseDuration(text)
	case *[]netip.Prefix:
		for item := range strings.SplitSeq(text, ",") {
			prefix, err := parseNetwork(strings.TrimSpace(item))
			if err != nil {
				return err
			}
			*dst = append(*dst, prefix)
		}
	case encoding.TextUnmarshaler:
		return dst.UnmarshalText([]byte(text))
	}
	return err
}

func parseDuration(text string) (time.Duration, error) {
	if _, err := strconv.Atoi(text); err == nil && text != "0" {
		return 0, fmt.Errorf("%q has no unit; write \"%ss\"", text, text)
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration; write a number with ms, s, m or h, such as \"90s\" or \"10m\"", text)
	}
	return d, nil
}

// parseNetwork takes a network, or an address for the network of it alone. IPv4 in
// IPv6's clothes (::ffff:192.0.2.0/120) is IPv4, as which devices are looked for.
func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is not a network; write an address and the length of its prefix, such as \"10.0.0.0/8\" or \"fd00::/8\"", text)
	}
	if masked := prefix.Masked(); masked != prefix {
		return netip.Prefix{}, fmt.Errorf("%q names an address and not a network; write %q, or the address without its prefix", text, masked)
	}
	if address := prefix.Addr(); address.Is4In6() {
		prefix = netip.PrefixFrom(address.Unmap(), prefix.Bits()-(address.BitLen()-address.Unmap().BitLen()))
	}
	return prefix, nil
}
